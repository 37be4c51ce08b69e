using Muster.Files;
using Muster.Storage.Files;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// Blobs in the database that all silos share, in chunks. Committing moves no byte: a blob is a list of what was uploaded. What a blob no longer has goes
/// with what was never committed, so that who reads it meanwhile comes to the end.
/// </summary>
internal sealed class PostgresBlobStore : IBlobStore
{
    /// <summary>How long the readers of a blob that is gone have to come to its end.</summary>
    private static readonly TimeSpan RetiredLifetime = TimeSpan.FromHours(1);

    private const int Stripes = 16;

    private const string Staged = """
        select count(distinct block), coalesce(sum(size), 0)::bigint from blob_part where blob = $1 and block <> $2 and not committed and size is not null
        """;

    private const string Latest = """
        select distinct on (block) block, id, size from blob_part
        where blob = $1 and block = any($2) and not committed and size is not null order by block, at desc, id
        """;

    // What was staged for the blob and is not any more; its bytes go with the cleaning.
    private const string Unstage = """
        with gone as (update blob_part set block = null where blob = $1 and not committed and block is not null and size is not null returning size)
        select coalesce(sum(greatest(size, $2)), 0)::bigint from gone
        """;

    // What the blob has had until now; its readers may still be at it.
    private const string Retire = "update blob_part set committed = false, block = null, at = $3 where blob = $1 and (committed or id = any($2))";

    private const string Upsert = """
        insert into blob (name, size, etag, content_type, modified_at, blocks, parts, sizes) values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (name) do update set size = $2, etag = $3, content_type = $4, modified_at = $5, blocks = $6, parts = $7, sizes = $8
        """;

    private readonly Func<PostgresStore> store;
    private readonly FilesOptions options;
    private readonly TimeProvider clock;
    private readonly StagingMeter meter;

    // Steps of this process for one blob wait for one another here.
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1))];

    internal PostgresBlobStore(Func<PostgresStore> store, FilesOptions options, TimeProvider clock)
    {
        (this.store, this.options, this.clock) = (store, options, clock);
        meter = new StagingMeter(store, options.MaxStagedBytes, clock);
    }

    public Task PutBlockAsync(string name, ReadOnlyMemory<byte> blockId, Stream content, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        var id = Convert.ToHexStringLower(blockId.Span);
        var left = await LeftAsync(name, id, cancellationToken);
        using var claim = await meter.ClaimAsync(cancellationToken);
        var part = new PostgresBlobPart(store().Blobs, name, id);
        await part.WriteAsync(content, Math.Min(left, BlobLimits.MaxBlockBytes), claim, clock.GetUtcNow(), cancellationToken);
        try
        {
            meter.Room.Add(-await part.FinishAsync(clock.GetUtcNow(), cancellationToken));
            claim.Keep();
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
        using var claim = await meter.ClaimAsync(cancellationToken);
        var part = new PostgresBlobPart(store().Blobs, name, block: null);
        await part.WriteAsync(content, options.MaxBlobBytes, claim, clock.GetUtcNow(), cancellationToken);
        await part.FinishAsync(clock.GetUtcNow(), cancellationToken);
        await using var turn = await BeginAsync(name, cancellationToken);
        return await PlaceAsync(turn, name, contentType, blocks: null, [(part.Id, part.Size)], cancellationToken);
    });

    public Task<BlobProperties?> DescribeAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await using var connection = await store().Blobs.OpenConnectionAsync(cancellationToken);
        return await DescribeAsync(connection, name, blocks: null, cancellationToken);
    });

    public Task<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) =>
        FaultsAsync(() => PostgresBlobReader.OpenAsync(store().Blobs, name, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await using var turn = await BeginAsync(name, cancellationToken);
        var deleted = await turn.ExecuteAsync("delete from blob where name = $1", cancellationToken, name) == 1;
        await turn.ExecuteAsync(Retire, cancellationToken, name, Array.Empty<Guid>(), clock.GetUtcNow());
        await turn.CommitAsync(cancellationToken);
        return deleted;
    });

    public Task<bool> MoveAsync(string name, string newName, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await using var turn = await BeginAsync(newName, cancellationToken);
        if (await turn.ReadNumberAsync("select count(*) from blob where name = $1", cancellationToken, name) == 0)
        {
            return false;
        }

        await turn.ExecuteAsync("delete from blob where name = $1", cancellationToken, newName);
        await turn.ExecuteAsync(Retire, cancellationToken, newName, Array.Empty<Guid>(), clock.GetUtcNow());
        await turn.ExecuteAsync("update blob set name = $2 where name = $1", cancellationToken, name, newName);
        await turn.ExecuteAsync("update blob_part set blob = $2 where blob = $1 and committed", cancellationToken, name, newName);
        await turn.CommitAsync(cancellationToken);
        return true;
    });

    public Task ForgetStagedAsync(string name, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        await using var turn = await BeginAsync(name, cancellationToken);
        var freed = await turn.ReadNumberAsync(Unstage, cancellationToken, name, (long)StagingRoom.MinBytes);
        await turn.CommitAsync(cancellationToken);
        meter.Room.Add(-freed);
        return true;
    });

    public Task CleanAsync(DateTimeOffset before, CancellationToken cancellationToken) => FaultsAsync(async () =>
    {
        // A few at a time: each takes its chunks with it. What has no block is of a blob that is gone.
        const string Delete = """
            delete from blob_part where id in (
              select id from blob_part where not committed and (at < $1 or (at < $2 and block is null and size is not null)) limit 16)
            """;
        var retired = clock.GetUtcNow() - RetiredLifetime;
        while (true)
        {
            await using var delete = store().Blobs.CreateCommand(Delete);
            delete.Parameters.Add(new NpgsqlParameter { Value = before });
            delete.Parameters.Add(new NpgsqlParameter { Value = retired });
            if (await delete.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                meter.Forget();
                return true;
            }
        }
    });

    /// <summary>How many bytes the block may have beside the blob's others.</summary>
    private async Task<long> LeftAsync(string name, string block, CancellationToken cancellationToken)
    {
        await using var command = store().Blobs.CreateCommand(Staged);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = block });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0) < BlobLimits.MaxBlocks
            ? Math.Max(0, options.MaxBlobBytes - reader.GetInt64(1))
            : throw new BlobStoreException(BlobFault.TooManyBlocks);
    }

    private async Task<BlobProperties> PlaceAsync(
        BlobTurn turn, string name, string contentType, string? blocks, (Guid Id, long Size)[] parts, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var blob = new BlobProperties(parts.Sum(part => part.Size), BlobMarks.NewETag(), BlobMarks.Second(now), contentType);
        Guid[] ids = [.. parts.Select(part => part.Id)];
        long[] sizes = [.. parts.Select(part => part.Size)];
        var freed = await turn.ReadNumberAsync(Unstage, cancellationToken, name, (long)StagingRoom.MinBytes);
        await turn.ExecuteAsync(Retire, cancellationToken, name, ids, now);
        if (await turn.ExecuteAsync("update blob_part set committed = true where id = any($1)", cancellationToken, ids) != ids.Distinct().Count())
        {
            // A block that came again took this one's place meanwhile, and its bytes with it.
            throw new BlobStoreException(BlobFault.UnknownBlock);
        }

        await turn.ExecuteAsync(Upsert, cancellationToken, name, blob.Size, blob.ETag, contentType, blob.ModifiedAt, blocks, ids, sizes);
        await turn.CommitAsync(cancellationToken);
        meter.Room.Add(-freed);
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

    private Task<BlobTurn> BeginAsync(string name, CancellationToken cancellationToken) => BlobTurn.BeginAsync(
        store().Blobs, stripes[(uint)StringComparer.Ordinal.GetHashCode(name) % Stripes], name, cancellationToken);

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
