using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace Muster.Releases;

/// <summary>
/// The uploads that this silo receives now, each by one request at a time, and how far those that pause were hashed: hashes have no form in which they
/// could be stored. Where they are not here, the file is read once more at its end. Bounded. Thread-safe.
/// </summary>
internal sealed class UploadSessions(IOptions<ReleaseOptions> options) : IDisposable
{
    private const int MaxPaused = 64;
    private readonly Lock gate = new();
    private readonly HashSet<string> running = new(StringComparer.Ordinal);
    private readonly LinkedList<(string UploadId, PieceHasher Hasher)> paused = [];

    /// <summary>Null where the upload is at it already, or too many are.</summary>
    internal UploadTurn? Enter(string uploadId, out bool isFull)
    {
        lock (gate)
        {
            isFull = running.Count >= options.Value.MaxUploads;
            return isFull || !running.Add(uploadId) ? null : new UploadTurn(this, uploadId, Take(uploadId));
        }
    }

    internal void Leave(string uploadId, PieceHasher? hasher)
    {
        lock (gate)
        {
            running.Remove(uploadId);
            if (hasher is null)
            {
                return;
            }

            paused.AddLast((uploadId, hasher));
            if (paused.Count > MaxPaused)
            {
                paused.First!.Value.Hasher.Dispose();
                paused.RemoveFirst();
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var (_, hasher) in paused)
            {
                hasher.Dispose();
            }

            paused.Clear();
        }
    }

    private PieceHasher? Take(string uploadId)
    {
        for (var node = paused.First; node is not null; node = node.Next)
        {
            if (node.Value.UploadId == uploadId)
            {
                paused.Remove(node);
                return node.Value.Hasher;
            }
        }

        return null;
    }
}

/// <summary>One request's turn at an upload. Of one thread.</summary>
internal sealed class UploadTurn(UploadSessions sessions, string uploadId, PieceHasher? hasher) : IDisposable
{
    private PieceHasher? hasher = hasher;

    internal string UploadId => uploadId;

    /// <summary>The hasher of a file of which so much came; null if nobody hashed it from the beginning on.</summary>
    internal PieceHasher? HasherAt(long received)
    {
        if (hasher?.Position != received)
        {
            hasher?.Dispose();
            hasher = received == 0 ? new PieceHasher() : null;
        }

        return hasher;
    }

    /// <summary>The hasher of a file that is stored in these pieces; null if it hashed others, or none is here: an upload may have been begun anew through another silo.</summary>
    internal PieceHasher? HasherOf(ImmutableArray<UploadPiece> pieces)
    {
        if (hasher?.IsOf(pieces) != true)
        {
            ForgetHasher();
        }

        return hasher;
    }

    /// <summary>Nobody goes on from here.</summary>
    internal void ForgetHasher()
    {
        hasher?.Dispose();
        hasher = null;
    }

    public void Dispose()
    {
        sessions.Leave(uploadId, hasher);
        hasher = null;
    }
}
