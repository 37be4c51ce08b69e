using Muster.Files;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>A blob's list of parts as it was when it was opened; chunks are fetched one by one, so that no connection is held while a client reads slowly.</summary>
internal sealed class PostgresBlobReader(NpgsqlDataSource database, BlobProperties properties, Guid[] parts, long[] sizes) : IBlobReader
{
    public BlobProperties Properties => properties;

    /// <summary>Null if there is no such blob.</summary>
    internal static async Task<IBlobReader?> OpenAsync(NpgsqlDataSource database, string name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select size, etag, modified_at, content_type, parts, sizes from blob where name = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new PostgresBlobReader(
                database,
                new BlobProperties(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3)),
                reader.GetFieldValue<Guid[]>(4),
                reader.GetFieldValue<long[]>(5))
            : null;
    }

    public async Task CopyToAsync(Stream destination, long offset, long length, CancellationToken cancellationToken)
    {
        for (var i = 0; i < parts.Length && length > 0; i++)
        {
            if (offset >= sizes[i])
            {
                offset -= sizes[i];
                continue;
            }

            var count = Math.Min(length, sizes[i] - offset);
            await CopyPartAsync(parts[i], destination, offset, count, cancellationToken);
            length -= count;
            offset = 0;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task CopyPartAsync(Guid part, Stream destination, long offset, long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            var (ordinal, from) = Math.DivRem(offset, PostgresBlobPart.ChunkBytes);
            var chunk = await FetchAsync(part, (int)ordinal, cancellationToken);
            var count = (int)Math.Min(length, chunk.Length - from);
            await destination.WriteAsync(chunk.AsMemory((int)from, count), cancellationToken);
            offset += count;
            length -= count;
        }
    }

    private async Task<byte[]> FetchAsync(Guid part, int ordinal, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select data from blob_chunk where part = $1 and ordinal = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = part });
        command.Parameters.Add(new NpgsqlParameter { Value = ordinal });
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) as byte[] ?? throw new IOException("The blob was replaced or deleted long ago.");
        }
        catch (NpgsqlException e)
        {
            throw PostgresFaults.Translate(e);
        }
    }
}
