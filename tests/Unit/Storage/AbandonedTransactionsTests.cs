using System.Globalization;
using System.Net;
using Muster.Devices;
using Muster.Storage.Postgres;
using Muster.Storage.Postgres.Log;
using Muster.Storage.Query;
using Npgsql;
using Xunit;

namespace Muster.Storage;

/// <summary>A silo that froze, and what it had locked.</summary>
public sealed class AbandonedTransactionsTests(PostgresDatabase database) : IClassFixture<PostgresDatabase>, IAsyncLifetime
{
    private readonly TimeSpan patience = TimeSpan.FromSeconds(4);
    private PostgresStore? store;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await database.EmptyAsync();
        store = await PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = database.ConnectionString, AbandonedAfter = patience }, Cancel);
    }

    public ValueTask DisposeAsync() => store?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_row_in_a_batch_that_was_sent_half_is_written_again_by_another_silo()
    {
        var storage = new PostgresDeviceStorage(() => store!);
        var device = GrainId.Create("device", "d");
        var state = new GrainState<DeviceState>(SampleStates.Small);
        await storage.WriteStateAsync("state", device, state);
        var settings = Settings();
        await using var proxy = new StallingProxy(new IPEndPoint(IPAddress.Parse(settings.Host!), settings.Port));
        (settings.Host, settings.Port) = (proxy.EndPoint.Address.ToString(), proxy.EndPoint.Port);
        await using var frozen = new NpgsqlConnection(settings.ConnectionString);
        await frozen.OpenAsync(Cancel);
        await using var batch = new NpgsqlBatch(frozen)
        {
            BatchCommands =
            {
                new("update device set last_activity_at = 1 where device_id = 'd'"),
                new("select length($1)") { Parameters = { new() { Value = new string('x', 1 << 20) } } },
            },
        };
        proxy.StallAfter(8 * 1024);
        var sending = batch.ExecuteNonQueryAsync(Cancel);
        await UntilAsync("select count(*) from pg_stat_activity where wait_event = 'ClientRead' and xact_start is not null and datname = current_database()");

        state.State = state.State! with { TwinVersion = 7 };
        await storage.WriteStateAsync("state", device, state);
        Assert.Equal(7, (await new PostgresDeviceStorage(() => store!).ReadAsync(DeviceKey.Parse("d", CultureInfo.InvariantCulture), Cancel))!.TwinVersion);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => sending);
    }

    [Fact]
    public async Task A_transaction_that_works_or_waits_for_a_lock_is_left_alone_however_long_it_takes()
    {
        await using var source = NpgsqlDataSource.Create(Settings());
        await using var holder = await source.OpenConnectionAsync(Cancel);
        await using var waiter = await source.OpenConnectionAsync(Cancel);
        await ExecuteAsync(holder, "begin; select pg_advisory_xact_lock(1)");
        var working = ExecuteAsync(holder, string.Create(CultureInfo.InvariantCulture, $"select pg_sleep({3 * patience.TotalSeconds})"));
        await ExecuteAsync(waiter, "begin");
        var waiting = ExecuteAsync(waiter, "select pg_advisory_xact_lock(1)");
        await working;
        await ExecuteAsync(holder, "commit");
        await waiting;
        await ExecuteAsync(waiter, "commit");
    }

    [Fact]
    public async Task Every_connection_of_a_silo_tells_the_server_how_long_to_wait_for_it()
    {
        var settings = new PostgresSettings { ConnectionString = database.ConnectionString };
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var pools = new PostgresQueryPools(() => database.ConnectionString, new FleetQueryOptions());
        NpgsqlDataSource[] sources =
        [
            PostgresConnection.Pool(connectionString, settings, connections: 4), PostgresConnection.ByKey(connectionString, settings),
            HostedPostgresLog.Source(database.ConnectionString, null), pools.Queries, pools.Lookups,
        ];
        foreach (var source in sources)
        {
            Assert.Equal("15s 15000 5 5 2", await BoundsAsync(source));
            await source.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_the_connection_string_says_goes_over_it()
    {
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Options = "-c idle_in_transaction_session_timeout=1min" };
        await using var source = PostgresConnection.Pool(connectionString, new PostgresSettings { ConnectionString = "" }, connections: 4);
        Assert.StartsWith("1min 15000", await BoundsAsync(source), StringComparison.Ordinal);
    }

    private NpgsqlConnectionStringBuilder Settings() => new(database.ConnectionString) { ApplicationName = "muster", Pooling = false };

    private static async Task<string> BoundsAsync(NpgsqlDataSource source)
    {
        string[] names = ["idle_in_transaction_session_timeout", "tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"];
        await using var show = source.CreateCommand($"select {string.Join("||' '||", names.Select(name => $"current_setting('{name}')"))}");
        return (string)(await show.ExecuteScalarAsync(Cancel))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private async Task UntilAsync(string count)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        for (var found = 0L; found == 0;)
        {
            await using var command = source.CreateCommand(count);
            found = (long)(await command.ExecuteScalarAsync(Cancel))!;
        }
    }
}
