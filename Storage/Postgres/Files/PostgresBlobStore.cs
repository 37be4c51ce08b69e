using Muster.Files;
using Muster.Storage.Files;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// Blobs in the database that all silos share, in chunks. Committing moves no byte: a blob is a list of what was uploaded. What a blob no longer has goes
/// with what was never committed, so that who reads it meanwhile comes to the end.
/// </summary>
internal sealed class PostgresBlobStore(Func<PostgresStore> store, FilesOptions options, TimeProvider clock) : IBlobStore
{
    private const string Staged = """
        select
          count(distinct block) filter (where blob = $1 and block <> $2),
          coalesce(sum(size) filter (where blob = $1 and block <> $2), 0),
          coalesce(sum(size), 0)
        from blob_part where not committed and size is not null
        """;

    private const string Latest = """
        select distinct on (block) block, id, size from blob_part
        where blob = $1 and block = any($2) and not committed and size is not null order by block, at desc, id
        """;

    // What the blob has had until now; its readers may still be at it.
    private const string Retire = "update blob_part set committed = false, block = null, at = $3 where blob = $1 and (committed or id = any($2))";

    private const string Upsert = """
        insert into blob (name, size, etag, content_type, modified_at, blocks, parts, sizes) values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (name) do update set size = $2, etag = $3, content_type = $4, modified_at = $5, blocks = $6, parts = $7, sizes = $8
        """;

    public Task PutBlockAsync(string name, ReadOnlyMemory<byte> blockId, Stream content, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        var id = Convert.ToHexStringLower(blockId.Span);
        await CheckRoomAsync(name, id, size: 0, cancellationToken);
        var part = new PostgresBlobPart(store().Database, name, id);
        await part.WriteAsync(content, BlobLimits.MaxBlockBytes, clock.GetUtcNow(), cancellationToken);
        try
        {
            await CheckRoomAsync(name, id, part.Size, cancellationToken);
            await part.FinishAsync(clock.GetUtcNow(), cancellationToken);
        }
        catch
        {
            await part.DropAsync();
            throw;
        }

        return true;
    });

    public Task<BlobProperties> CommitAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> blockIds, string contentType, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        string[] ids = [.. blockIds.Select(id => Convert.ToHexStringLower(id.Span))];
        var list = BlobMarks.OfList(ids);
        await using var turn = await BeginAsync(name, cancellationToken);
        var found = await ReadLatestAsync(turn, name, ids, cancellationToken);
        if (!Array.TrueForAll(ids, found.ContainsKey))
        {
            // The answer to the first commit may have been lost.
            return await DescribeAsync(turn.Connection, name, list, cancellationToken) ?? throw new BlobStoreException(BlobFault.UnknownBlock);
        }

        (Guid Id, long Size)[] parts = [.. ids.Select(id => found[id])];
        return parts.Sum(part => part.Size) <= options.MaxBlobBytes
            ? await PlaceAsync(turn, name, contentType, list, parts, cancellationToken)
            : throw new BlobStoreException(BlobFault.TooLarge);
    });

    public Task<BlobProperties> PutAsync(string name, Stream content, string contentType, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        var part = new PostgresBlobPart(store().Database, name, block: null);
        await part.WriteAsync(content, options.MaxBlobBytes, clock.GetUtcNow(), cancellationToken);
        await part.FinishAsync(clock.GetUtcNow(), cancellationToken);
        await using var turn = await BeginAsync(name, cancellationToken);
        return await PlaceAsync(turn, name, contentType, blocks: null, [(part.Id, part.Size)], cancellationToken);
    });

    public Task<BlobProperties?> DescribeAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await using var connection = await store().Database.OpenConnectionAsync(cancellationToken);
        return await DescribeAsync(connection, name, blocks: null, cancellationToken);
    });

    public Task<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) =>
        FaultsAsync(() => PostgresBlobReader.OpenAsync(store().Database, name, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await using var turn = await BeginAsync(name, cancellationToken);
        var deleted = await turn.ExecuteAsync("delete from blob where name = $1", cancellationToken, name) == 1;
        await turn.ExecuteAsync(Retire, cancellationToken, name, Array.Empty<Guid>(), clock.GetUtcNow());
        await turn.CommitAsync(cancellationToken);
        return deleted;
    });

    public Task CleanAsync(DateTimeOffset before, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        // A few at a time: each takes its chunks with it.
        const string Delete = "delete from blob_part where id in (select id from blob_part where not committed and at < $1 limit 16)";
        while (true)
        {
            await using var delete = store().Database.CreateCommand(Delete);
            delete.Parameters.Add(new NpgsqlParameter { Value = before });
            if (await delete.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return true;
            }
        }
    });

    private async Task CheckRoomAsync(string name, string block, long size, CancellationToken cancellationToken)
    {
        await using var command = store().Database.CreateCommand(Staged);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = block });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var fault = reader.GetInt64(0) >= BlobLimits.MaxBlocks ? BlobFault.TooManyBlocks
            : reader.GetDecimal(1) + size > options.MaxBlobBytes ? BlobFault.TooLarge
            : reader.GetDecimal(2) + size > options.MaxStagedBytes ? BlobFault.StoreFull
            : default(BlobFault?);
        if (fault is { } why)
        {
            throw new BlobStoreException(why);
        }
    }

    private async Task<BlobProperties> PlaceAsync(
        BlobTurn turn, string name, string contentType, string? blocks, (Guid Id, long Size)[] parts, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var blob = new BlobProperties(parts.Sum(part => part.Size), BlobMarks.NewETag(), BlobMarks.Second(now), contentType);
        Guid[] ids = [.. parts.Select(part => part.Id)];
        long[] sizes = [.. parts.Select(part => part.Size)];
        await turn.ExecuteAsync(Retire, cancellationToken, name, ids, now);
        await turn.ExecuteAsync("delete from blob_part where blob = $1 and not committed and block is not null and size is not null", cancellationToken, name);
        await turn.ExecuteAsync("update blob_part set committed = true, block = null where id = any($1)", cancellationToken, ids);
        await turn.ExecuteAsync(Upsert, cancellationToken, name, blob.Size, blob.ETag, contentType, blob.ModifiedAt, blocks, ids, sizes);
        await turn.CommitAsync(cancellationToken);
        return blob;
    }

    private static async Task<Dictionary<string, (Guid Id, long Size)>> ReadLatestAsync(
        BlobTurn turn, string name, string[] ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, (Guid, long)>(StringComparer.Ordinal);
        await using var command = turn.Command(Latest, name, ids);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found[reader.GetString(0)] = (reader.GetGuid(1), reader.GetInt64(2));
        }

        return found;
    }

    private static async Task<BlobProperties?> DescribeAsync(NpgsqlConnection connection, string name, string? blocks, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select size, etag, modified_at, content_type from blob where name = $1 and ($2::text is null or blocks = $2)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)blocks ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new BlobProperties(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3))
            : null;
    }

    private Task<BlobTurn> BeginAsync(string name, CancellationToken cancellationToken) => BlobTurn.BeginAsync(store().Database, name, cancellationToken);

    private static async Task<T> FaultsAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (NpgsqlException e)
        {
            throw PostgresFaults.Translate(e);
        }
    }
}
