using Microsoft.Extensions.Time.Testing;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Query;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Orleans.Storage;

namespace Muster.Storage;

internal sealed class SqliteStoreUnderTest : StoreUnderTest
{
    private readonly SqliteDeviceStorage storage;

    public SqliteStoreUnderTest()
    {
        Store = SqliteStore.Open(Folder.Path, Clock);
        storage = new SqliteDeviceStorage(() => Store);
        Checkpoints = new SqliteCheckpointStore(() => Store);
    }

    public TemporaryFolder Folder { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SqliteStore Store { get; private set; }

    public override IGrainStorage Storage => storage;

    public override IDeviceReader Reader => storage;

    public override IFleetIndex Fleet => new SqliteFleetIndex(Store.Queries, Store.Lookups, new FleetQueryOptions(), Clock);

    public override ICheckpointStore Checkpoints { get; }

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

public sealed class SqliteFleetIndexTests : FleetIndexLaws
{
    protected override StoreUnderTest Store { get; } = new SqliteStoreUnderTest();
}
