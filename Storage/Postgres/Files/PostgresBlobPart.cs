using System.Buffers;
using Muster.Files;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>One write to a blob, chunk by chunk, each durable on its own; nobody sees it before <see cref="FinishAsync"/>.</summary>
internal sealed class PostgresBlobPart(NpgsqlDataSource database, string blob, string? block)
{
    /// <summary>Of every chunk of a part but its last.</summary>
    internal const int ChunkBytes = 256 * 1024;

    internal Guid Id { get; } = Guid.CreateVersion7();

    internal long Size { get; private set; }

    /// <summary>Writes all of <paramref name="content"/>; on a failure nothing stays.</summary>
    /// <exception cref="BlobStoreException">It is more than <paramref name="maxBytes"/>.</exception>
    internal async Task WriteAsync(Stream content, long maxBytes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await ExecuteAsync("insert into blob_part (id, blob, block, at) values ($1, $2, $3, $4)", cancellationToken, Id, blob, (object?)block ?? DBNull.Value, now);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var ordinal = 0;
            while (await content.ReadAtLeastAsync(buffer.AsMemory(0, ChunkBytes), ChunkBytes, throwOnEndOfStream: false, cancellationToken) is > 0 and var read)
            {
                Size += read;
                if (Size > maxBytes)
                {
                    throw new BlobStoreException(BlobFault.TooLarge);
                }

                await ExecuteAsync(
                    "insert into blob_chunk (part, ordinal, data) values ($1, $2, $3)", cancellationToken, Id, ordinal++, new ArraySegment<byte>(buffer, 0, read));
            }
        }
        catch
        {
            await DropAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>From now on it can be committed; an earlier block of the same id is gone.</summary>
    internal async Task FinishAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await ExecuteAsync("update blob_part set size = $2, at = $3 where id = $1", cancellationToken, Id, Size, now);
        if (block is not null)
        {
            await ExecuteAsync(
                "delete from blob_part where blob = $1 and block = $2 and not committed and size is not null and at <= $3 and id <> $4",
                cancellationToken, blob, block, now, Id);
        }
    }

    /// <summary>Also after the caller gave up: what is not dropped now waits for the cleaning.</summary>
    internal async Task DropAsync()
    {
        try
        {
            await ExecuteAsync("delete from blob_part where id = $1", CancellationToken.None, Id);
        }
        catch (NpgsqlException)
        {
            // The failure that led here is the one to tell of.
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value is DBNull ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
