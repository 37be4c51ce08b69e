using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Postgres;
using Muster.Storage.Query;
using Muster.Telemetry;
using Muster.Updates;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

/// <summary>A silo's store over the database of a test class.</summary>
internal sealed class PostgresStoreUnderTest : StoreUnderTest
{
    private readonly PostgresDatabase database;
    private readonly PostgresDeviceStorage storage;
    private readonly PostgresFleetIndex fleet;
    private PostgresStore? store;

    public PostgresStoreUnderTest(PostgresDatabase database)
    {
        this.database = database;
        storage = new PostgresDeviceStorage(() => Store);
        Checkpoints = new PostgresCheckpointStore(() => Store);
        ServiceQueues = new PostgresServiceQueueStore(() => Store);
        fleet = new PostgresFleetIndex(() => database.ConnectionString, new FleetQueryOptions(), TimeProvider.System);
    }

    public PostgresStore Store => store ?? throw new InvalidOperationException("Not started.");

    public override IGrainStorage Storage => storage;

    public override IDeviceReader Reader => storage;

    public override IFleetIndex Fleet => fleet;

    public override ICheckpointStore Checkpoints { get; }

    public override IServiceQueueStore ServiceQueues { get; }

    public override IUpdateHistory History => new PostgresUpdateHistory(() => Store);

    public override IRolloutTargets Targets => new PostgresRolloutTargets(() => Store, TimeProvider.System);

    public override async Task StartAsync()
    {
        await database.EmptyAsync();
        store = await database.OpenAsync();
    }

    public override async Task RestartAsync()
    {
        await Store.DisposeAsync();
        store = await database.OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await fleet.DisposeAsync();
        if (store is not null)
        {
            await store.DisposeAsync();
        }
    }
}

public sealed class PostgresDeviceStorageTests(PostgresDatabase database) : DeviceStorageLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresCheckpointStoreTests(PostgresDatabase database) : CheckpointStoreLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresServiceQueueStoreTests(PostgresDatabase database) : ServiceQueueStoreLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresUpdateHistoryTests(PostgresDatabase database) : UpdateHistoryLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresRolloutTargetTests(PostgresDatabase database) : RolloutTargetLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresCandidateTests(PostgresDatabase database) : CandidateLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresFleetIndexTests(PostgresDatabase database) : FleetIndexLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresWaitingIndexTests(PostgresDatabase database) : WaitingIndexLaws, IClassFixture<PostgresDatabase>
{
    private readonly PostgresStoreUnderTest store = new(database);

    protected override StoreUnderTest Store => store;

    protected override IDeadlineIndex Deadlines => new PostgresWaitingIndex(() => store.Store);

    protected override ISessionIndex Sessions => new PostgresWaitingIndex(() => store.Store);

    [Fact]
    public async Task Of_a_partition_that_is_full_of_due_rows_a_page_is_read_from_the_index_and_only_the_pages_are_sorted()
    {
        await PostgresFixture.ExecuteAsync(database.ConnectionString, """
            insert into device (virtual_partition, version, twin_version, device_id, module_id, status, connection_state, next_deadline, generation_id,
              identity_version, authentication_type, iot_edge, session_epoch, session_subscriptions, session_persistent, observed_offset, desired_version,
              reported_version)
            select i % 4, 1, 1, 'd' || i, '', 0, 0, 1 + i % 7, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1 from generate_series(1, 20000) i;
            analyze device
            """);
        await using var explain = store.Store.Database.CreateCommand("explain (analyze, format text) " + PostgresWaitingIndex.Due);
        foreach (var value in (object[])[(int[])[0, 1, 2, 3], 9L, 3L, "d5", "", 500L])
        {
            explain.Parameters.Add(new() { Value = value });
        }

        var plan = new List<string>();
        await using var lines = await explain.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await lines.ReadAsync(TestContext.Current.CancellationToken))
        {
            plan.Add(lines.GetString(0));
        }

        var read = Assert.Single(plan, line => line.Contains("Scan", StringComparison.Ordinal) && line.Contains("device", StringComparison.Ordinal));
        Assert.Contains("using device_due", read, StringComparison.Ordinal);
        Assert.Matches(@"rows=500(\.00)? loops=4", read);
    }
}
