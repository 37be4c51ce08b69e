using System.Buffers;
using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>A blob's file, open at the blob's first byte. It stays readable when the blob is replaced or deleted.</summary>
internal sealed class FileReader : IBlobReader
{
    private const int BufferBytes = 128 * 1024;
    private readonly FileStream file;
    private readonly long start;

    private FileReader(FileStream file, BlobHeader header)
    {
        (this.file, start, Blocks) = (file, file.Position, header.Blocks);
        Properties = new BlobProperties(file.Length - start, header.ETag, header.ModifiedAt, header.ContentType);
    }

    public BlobProperties Properties { get; }

    /// <summary>See <see cref="BlobHeader"/>.</summary>
    internal string? Blocks { get; }

    /// <summary>Null if there is no such file.</summary>
    internal static async Task<FileReader?> OpenAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            return new FileReader(file, await BlobHeader.ReadAsync(file, cancellationToken));
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public async Task CopyToAsync(Stream destination, long offset, long length, CancellationToken cancellationToken)
    {
        file.Position = start + offset;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (length > 0)
            {
                var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, buffer.Length)), cancellationToken);
                if (read == 0)
                {
                    throw new EndOfStreamException($"{file.Name} ended early.");
                }

                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                length -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();
}
