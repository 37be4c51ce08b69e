using System.Threading.Channels;
using Muster.Devices;
using Muster.Storage.Postgres;
using Npgsql;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

/// <summary>What only a store that silos share can go through.</summary>
public sealed class PostgresStoreTests(PostgresDatabase database) : IClassFixture<PostgresDatabase>, IAsyncLifetime
{
    private readonly PostgresStoreUnderTest store = new(database);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(store.StartAsync());

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task Of_two_silos_that_store_a_row_at_once_exactly_one_does()
    {
        await using var other = await database.OpenAsync();
        var storages = new[] { new PostgresDeviceStorage(() => store.Store), new PostgresDeviceStorage(() => other) };
        var keys = Enumerable.Range(0, 200).Select(i => $"d-{i}").ToArray();
        await Task.WhenAll(keys.Select(key => store.CreateAsync(key)));

        // Both have read before either writes.
        var states = await Task.WhenAll(storages.Select(_ => Task.WhenAll(keys.Select(key => store.ReadAsync(key)))));
        var won = await Task.WhenAll(storages.Select((storage, silo) => Task.WhenAll(keys.Select((key, i) => TakesAsync(storage, key, states[silo][i], silo + 1)))));

        for (var i = 0; i < keys.Length; i++)
        {
            Assert.True(won[0][i] ^ won[1][i], keys[i]);
            Assert.Equal(won[0][i] ? 1 : 2, (await store.ReadAsync(keys[i])).State!.TwinVersion);
        }

        static async Task<bool> TakesAsync(PostgresDeviceStorage storage, string key, GrainState<DeviceState> state, int silo)
        {
            state.State = state.State! with { TwinVersion = silo };
            try
            {
                await storage.WriteStateAsync("state", GrainId.Create("device", key), state);
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_row_that_cannot_be_stored_fails_alone()
    {
        var states = Enumerable.Range(0, 100).Select(i => new GrainState<DeviceState>(SampleStates.Small with { ModelId = i == 37 ? "no\0text" : "m" })).ToArray();

        var writes = states.Select((state, i) => store.WriteAsync($"d-{i}", state)).ToArray();

        await Assert.ThrowsAsync<StorageFaultException>(() => writes[37]);
        await Task.WhenAll(writes.Where((_, i) => i != 37));
        Assert.False((await store.ReadAsync("d-37")).RecordExists);
        Assert.Equal("m", (await store.ReadAsync("d-36")).State!.ModelId);
    }

    [Fact]
    public async Task What_was_acknowledged_while_connections_were_cut_is_there()
    {
        var progress = new Progress();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var devices = Enumerable.Range(0, 64).Select(i => WriteOnAsync($"d-{i}", progress, end.Token)).ToArray();
        for (var cut = 1; cut <= 10; cut++)
        {
            await progress.ReachesAsync(cut * 200, Cancel);
            await PostgresFixture.ExecuteAsync(
                database.ConnectionString,
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        }

        await end.CancelAsync();
        await Task.WhenAll(devices);
    }

    [Theory]
    [InlineData("Password=wrong", "password authentication failed")]
    [InlineData("Port=1", "cannot be used")]
    [InlineData("Database=nowhere", "does not exist")]
    public async Task A_database_that_cannot_be_used_is_named_in_one_line_without_the_password(string change, string why)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString + ";" + change);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = connectionString.ConnectionString }, Cancel));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain(connectionString.Password!, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_connection_string_is_refused_without_repeating_it()
    {
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = "Secret-Word=7" }, Cancel));
        Assert.DoesNotContain("Secret", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    // Counts up as a grain would: after a failed write it reads again, and finds at least what it was told is stored.
    private async Task WriteOnAsync(string key, Progress progress, CancellationToken end)
    {
        var acknowledged = 0L;
        var state = await store.CreateAsync(key);
        while (!end.IsCancellationRequested)
        {
            state.State = state.State! with { TwinVersion = acknowledged + 1 };
            try
            {
                await store.WriteAsync(key, state);
                acknowledged++;
                progress.Add();
            }
            catch (StorageFaultException)
            {
                state = await store.ReadAsync(key);
                Assert.InRange(state.State!.TwinVersion, acknowledged, acknowledged + 1);
                acknowledged = state.State.TwinVersion;
            }
        }

        Assert.Equal(acknowledged, (await store.ReadAsync(key)).State!.TwinVersion);
    }

    private sealed class Progress
    {
        private readonly Channel<bool> made = Channel.CreateUnbounded<bool>();
        private int reached;

        public void Add() => made.Writer.TryWrite(true);

        public async Task ReachesAsync(int count, CancellationToken cancellationToken)
        {
            for (; reached < count; reached++)
            {
                await made.Reader.ReadAsync(cancellationToken);
            }
        }
    }
}
