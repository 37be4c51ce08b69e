using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Files;

namespace Muster.Storage.Files;

/// <summary>What stands before a blob's bytes in its file: length (uint32, of what follows), then JSON. So a blob and what is known of it appear together.</summary>
/// <param name="Blocks">Stands for the list that was committed; null for a blob that was written whole.</param>
internal sealed record BlobHeader(string Name, string ContentType, string ETag, DateTimeOffset ModifiedAt, string? Blocks)
{
    private const int LengthBytes = 4;
    private const int MaxBytes = 64 * 1024;

    internal static BlobHeader Make(string name, string contentType, string? blocks, DateTimeOffset now) =>
        new(name, contentType, BlobMarks.NewETag(), BlobMarks.Second(now), blocks);

    internal BlobProperties Properties(long size) => new(size, ETag, ModifiedAt, ContentType);

    internal async Task WriteAsync(Stream file, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, BlobHeaderJson.Default.BlobHeader);
        var length = new byte[LengthBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)json.Length);
        await file.WriteAsync(length, cancellationToken);
        await file.WriteAsync(json, cancellationToken);
    }

    /// <summary>Reads it, and leaves the file at the blob's first byte.</summary>
    /// <exception cref="IOException">The file is not a blob.</exception>
    internal static async Task<BlobHeader> ReadAsync(FileStream file, CancellationToken cancellationToken)
    {
        var length = new byte[LengthBytes];
        await file.ReadExactlyAsync(length, cancellationToken);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (size > MaxBytes)
        {
            throw new IOException($"{file.Name} is not a blob.");
        }

        var json = new byte[size];
        await file.ReadExactlyAsync(json, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(json, BlobHeaderJson.Default.BlobHeader) ?? throw new IOException($"{file.Name} is not a blob.");
        }
        catch (JsonException damaged)
        {
            throw new IOException($"{file.Name} is not a blob.", damaged);
        }
    }
}

[JsonSerializable(typeof(BlobHeader))]
internal sealed partial class BlobHeaderJson : JsonSerializerContext;
