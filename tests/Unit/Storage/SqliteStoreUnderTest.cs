using Microsoft.Extensions.Time.Testing;
using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Query;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Muster.Updates;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

internal sealed class SqliteStoreUnderTest : StoreUnderTest
{
    private readonly SqliteDeviceStorage storage;

    public SqliteStoreUnderTest()
    {
        Store = SqliteStore.Open(Folder.Path, Clock);
        storage = new SqliteDeviceStorage(() => Store);
        Checkpoints = new SqliteCheckpointStore(() => Store);
        ServiceQueues = new SqliteServiceQueueStore(() => Store);
    }

    public TemporaryFolder Folder { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SqliteStore Store { get; private set; }

    public override IGrainStorage Storage => storage;

    public override IDeviceReader Reader => storage;

    public override IFleetIndex Fleet => new SqliteFleetIndex(Store.Queries, Store.Lookups, new FleetQueryOptions(), Clock);

    public override ICheckpointStore Checkpoints { get; }

    public override IServiceQueueStore ServiceQueues { get; }

    public override IUpdateHistory History => new SqliteUpdateHistory(Store.Lookups);

    public override IRolloutTargets Targets => new SqliteRolloutTargets(() => Store, Store.Queries, Store.Lookups, Clock);

    public override async Task RestartAsync()
    {
        await Store.DisposeAsync();
        Store = SqliteStore.Open(Folder.Path, Clock);
    }

    public override async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Folder.Dispose();
    }
}

public sealed class SqliteDeviceStorageTests : DeviceStorageLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}

public sealed class SqliteCheckpointStoreTests : CheckpointStoreLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}

public sealed class SqliteServiceQueueStoreTests : ServiceQueueStoreLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}

public sealed class SqliteUpdateHistoryTests : UpdateHistoryLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}

public sealed class SqliteRolloutTargetTests : RolloutTargetLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}

public sealed class SqliteCandidateTests : CandidateLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}

public sealed class SqliteFleetIndexTests : FleetIndexLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();

    [Fact]
    public async Task After_a_restart_nobody_is_connected_and_everything_else_is_as_it_was()
    {
        await Store.CreateAsync("d", SampleStates.Full);
        await Store.RestartAsync();

        var state = (await Store.ReadAsync("d")).State!;
        Assert.Null(state.Session.Current);
        Assert.Equal(SampleStates.Full.Session.Subscriptions, state.Session.Subscriptions);
        Assert.Equal(SampleStates.Full.Session.Epoch, state.Session.Epoch);
        Assert.NotEqual(SampleStates.Full.Session.ChangedAt, state.Session.ChangedAt);
        Assert.Equal(0, (await Store.Fleet.CountAsync(TestContext.Current.CancellationToken)).Connected);
    }
}

public sealed class SqliteWaitingIndexTests : WaitingIndexLaws
{
    private readonly SqliteStoreUnderTest store = new();

    protected override StoreUnderTest Store => store;

    protected override IDeadlineIndex Deadlines => new SqliteWaitingIndex(store.Store.Lookups);

    protected override ISessionIndex Sessions => new SqliteWaitingIndex(store.Store.Lookups);
}
