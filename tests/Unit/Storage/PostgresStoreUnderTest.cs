using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Postgres;
using Muster.Storage.Query;
using Muster.Telemetry;
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

public sealed class PostgresFleetIndexTests(PostgresDatabase database) : FleetIndexLaws, IClassFixture<PostgresDatabase>
{
    protected override StoreUnderTest Store { get; } = new PostgresStoreUnderTest(database);
}

public sealed class PostgresWaitingIndexTests : WaitingIndexLaws, IClassFixture<PostgresDatabase>
{
    private readonly PostgresStoreUnderTest store;

    public PostgresWaitingIndexTests(PostgresDatabase database) => store = new PostgresStoreUnderTest(database);

    protected override StoreUnderTest Store => store;

    protected override IDeadlineIndex Deadlines => new PostgresWaitingIndex(() => store.Store);

    protected override ISessionIndex Sessions => new PostgresWaitingIndex(() => store.Store);
}
