using System.Buffers;
using Muster.Files;
using Muster.Storage.Files;
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
    /// <param name="claim">Grows before it is written.</param>
    /// <exception cref="BlobStoreException">It is more than <paramref name="maxBytes"/>, has no room, or is a block without a byte.</exception>
    internal async Task WriteAsync(Stream content, long maxBytes, StagingClaim claim, DateTimeOffset now, CancellationToken cancellationToken)
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

                claim.GrowTo(Size);
                await ExecuteAsync(
                    "insert into blob_chunk (part, ordinal, data) values ($1, $2, $3)", cancellationToken, Id, ordinal++, new ArraySegment<byte>(buffer, 0, read));
            }

            if (Size == 0 && block is not null)
            {
                throw new BlobStoreException(BlobFault.EmptyBlock);
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
    /// <returns>What such a block counted for.</returns>
    internal async Task<long> FinishAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Replace = """
            with gone as (delete from blob_part where blob = $1 and block = $2 and not committed and size is not null and at <= $3 and id <> $4 returning size)
            select coalesce(sum(greatest(size, $5)), 0)::bigint from gone
            """;
        await ExecuteAsync("update blob_part set size = $2, at = $3 where id = $1", cancellationToken, Id, Size, now);
        if (block is null)
        {
            return 0;
        }

        await using var command = Command(Replace, blob, block, now, Id, (long)StagingRoom.MinBytes);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Also after the caller gave up: what is not dropped now waits for the cleaning. What was committed meanwhile stays.</summary>
    internal async Task DropAsync()
    {
        try
        {
            await ExecuteAsync("delete from blob_part where id = $1 and not committed", CancellationToken.None, Id);
        }
        catch (NpgsqlException)
        {
            // The failure that led here is the one to tell of.
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value is DBNull ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
