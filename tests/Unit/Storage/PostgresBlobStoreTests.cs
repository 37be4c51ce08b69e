using Muster.Files;
using Muster.Storage.Postgres;
using Xunit;

namespace Muster.Storage;

public sealed class PostgresBlobStoreTests : BlobStoreLaws, IClassFixture<PostgresDatabase>
{
    private readonly PostgresDatabase database;
    private PostgresStore? store;

    public PostgresBlobStoreTests(PostgresDatabase database)
    {
        this.database = database;
        Store = new PostgresBlobStore(() => store!, Options, Clock);
    }

    protected override IBlobStore Store { get; }

    public override async ValueTask InitializeAsync()
    {
        await PostgresFixture.ExecuteAsync(database.ConnectionString, "truncate blob, blob_part, blob_chunk");
        store = await database.OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await store!.DisposeAsync();
    }

    [Fact]
    public async Task What_a_blob_no_longer_has_goes_after_an_hour()
    {
        await PutAsync(Name, Random(5));
        var last = Random(7);
        await PutAsync(Name, last);
        await Store.CleanAsync(Clock.GetUtcNow() - TimeSpan.FromDays(1), Cancel);
        Assert.Equal(2, await NumberAsync("select count(*) from blob_part"));

        Clock.Advance(TimeSpan.FromMinutes(61));
        await PutBlockAsync(Name, "a", Random(3));
        await Store.CleanAsync(Clock.GetUtcNow() - TimeSpan.FromDays(1), Cancel);
        Assert.Equal(2, await NumberAsync("select count(*) from blob_part"));
        Assert.Equal(last, await ReadAsync(Name));
        Assert.Equal(3, (await CommitAsync(Name, "a")).Size);
    }

    [Fact]
    public async Task A_block_that_was_replaced_while_it_is_committed_is_unknown()
    {
        await PutAsync(Name, Random(5));
        await PutBlockAsync(Name, "a", Random(7));
        await using var other = await store!.Database.OpenConnectionAsync(Cancel);
        await using var replacing = await other.BeginTransactionAsync(Cancel);
        await using (var delete = new Npgsql.NpgsqlCommand("delete from blob_part where block is not null", other, replacing))
        {
            Assert.Equal(1, await delete.ExecuteNonQueryAsync(Cancel));
        }

        var commit = CommitAsync(Name, "a");
        await WaitsAsync(1);
        await replacing.CommitAsync(Cancel);

        await RefusedAsync(BlobFault.UnknownBlock, () => commit);
        Assert.Equal(5, (await ReadAsync(Name)).Length);
    }

    [Fact]
    public async Task However_many_wait_for_one_blob_the_others_have_connections()
    {
        await using var other = await store!.Database.OpenConnectionAsync(Cancel);
        await using var holding = await other.BeginTransactionAsync(Cancel);
        await using (var take = new Npgsql.NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended($1, 7))", other, holding))
        {
            take.Parameters.Add(new Npgsql.NpgsqlParameter { Value = Name });
            await take.ExecuteNonQueryAsync(Cancel);
        }

        var waiting = Enumerable.Range(0, 40).Select(_ => Store.DeleteAsync(Name, Cancel)).ToArray();
        await WaitsAsync(1);
        await PutBlockAsync("d2/x", "a", Random(3));
        Assert.Equal(1, await NumberAsync("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"));
        await holding.CommitAsync(Cancel);

        Assert.All(await Task.WhenAll(waiting), Assert.False);
    }

    private async Task WaitsAsync(long count)
    {
        while (await NumberAsync("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") < count)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<long> NumberAsync(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    protected override async Task RestartAsync()
    {
        await store!.DisposeAsync();
        store = await database.OpenAsync();
    }
}
