using System.Buffers;
using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>A file that is being written; unless it was put in its place, it goes when this is disposed.</summary>
internal sealed class IncomingFile(FileStream file) : IAsyncDisposable
{
    private const int BufferBytes = 128 * 1024;

    internal string Path { get; } = file.Name;

    /// <summary>Bytes of content, header not counted.</summary>
    internal long Length { get; private set; }

    internal Task BeginAsync(BlobHeader header, CancellationToken cancellationToken) => header.WriteAsync(file, cancellationToken);

    /// <summary>Appends all of <paramref name="content"/>.</summary>
    /// <param name="claim">Grows before it is written; null for what has its room already.</param>
    /// <exception cref="BlobStoreException">All content together is more than <paramref name="maxBytes"/>, or has no room.</exception>
    internal async Task CopyAsync(Stream content, long maxBytes, StagingClaim? claim, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                Length += read;
                if (Length > maxBytes)
                {
                    throw new BlobStoreException(BlobFault.TooLarge);
                }

                claim?.GrowTo(Length);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Returns once everything is on disk; nothing can be written any more.</summary>
    internal void Finish()
    {
        file.Flush(flushToDisk: true);
        file.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await file.DisposeAsync();
        File.Delete(Path);
    }
}
