using System.Security.Cryptography;

namespace Muster.Releases;

/// <summary>Hashes an artifact as its bytes pass: whole, and in blocks. Not thread-safe.</summary>
internal sealed class ArtifactHasher : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash block = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream blocks = new();

    /// <summary>How many bytes have passed.</summary>
    internal long Position { get; private set; }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..(int)Math.Min(bytes.Length, ArtifactBlocks.Bytes - Position % ArtifactBlocks.Bytes)];
            sha256.AppendData(part);
            sha1.AppendData(part);
            md5.AppendData(part);
            block.AppendData(part);
            Position += part.Length;
            bytes = bytes[part.Length..];
            if (Position % ArtifactBlocks.Bytes == 0)
            {
                EndBlock();
            }
        }
    }

    /// <summary>Ends the hashing.</summary>
    internal ArtifactHashes Finish()
    {
        if (Position % ArtifactBlocks.Bytes != 0)
        {
            EndBlock();
        }

        var list = blocks.ToArray();
        return new ArtifactHashes(Hex(sha256), Hex(sha1), Hex(md5), list, Convert.ToHexStringLower(SHA256.HashData(list)));
    }

    public void Dispose()
    {
        sha256.Dispose();
        sha1.Dispose();
        md5.Dispose();
        block.Dispose();
        blocks.Dispose();
    }

    private static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());

    private void EndBlock() => blocks.Write(block.GetHashAndReset());
}

/// <summary>An artifact's hashes, in lower-case hex.</summary>
/// <param name="Blocks">The SHA-256 of each block, one after another.</param>
/// <param name="BlocksSha256">Of that list.</param>
internal sealed record ArtifactHashes(string Sha256, string Sha1, string Md5, byte[] Blocks, string BlocksSha256);

/// <summary>Passes what is written to it to a hasher.</summary>
internal sealed class HashingStream(ArtifactHasher hasher) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => hasher.Position;

    public override long Position { get => hasher.Position; set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => hasher.Append(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => hasher.Append(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        hasher.Append(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        hasher.Append(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
