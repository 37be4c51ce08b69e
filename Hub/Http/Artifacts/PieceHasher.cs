using System.Collections.Immutable;

namespace Muster.Releases;

/// <summary>Hashes an upload piece by piece, and remembers which pieces they were: by them it is known whether it hashed what is stored. Not thread-safe.</summary>
internal sealed class PieceHasher : IDisposable
{
    private readonly ArtifactHasher hasher = new();
    private readonly List<Guid> pieces = [];

    /// <summary>How many bytes have passed.</summary>
    internal long Position => hasher.Position;

    internal void Append(UploadPiece piece, ReadOnlySpan<byte> bytes)
    {
        hasher.Append(bytes);
        pieces.Add(piece.BlockId);
    }

    /// <summary>Whether a file that is stored in these pieces is what was hashed. No block's id comes twice, whichever silo received it.</summary>
    internal bool IsOf(ImmutableArray<UploadPiece> stored) => stored.Select(static piece => piece.BlockId).SequenceEqual(pieces);

    /// <summary>Ends the hashing.</summary>
    internal ArtifactHashes Finish() => hasher.Finish();

    public void Dispose() => hasher.Dispose();
}
