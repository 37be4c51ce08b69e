using System.Net;
using Muster.Devices;
using Muster.Local;
using Muster.Storage.Postgres;
using Xunit;

namespace Muster.Storage;

/// <summary>A database that goes away and comes back, with a server of its own.</summary>
public sealed class PostgresRestartTests : IDisposable
{
    private static readonly IPAddress Address = IPAddress.Parse("127.0.111.6");

    private readonly string folder = Directory.CreateTempSubdirectory("muster-postgres-restart-").FullName;
    private readonly GrainId device = GrainId.Create("device", "d");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_restart_is_ridden_out_and_what_cannot_wait_for_it_fails()
    {
        var first = await PostgresServer.StartAsync(folder, Address, 0, PostgresTuning.Test, Cancel);
        await using var patient = await OpenAsync(first, TimeSpan.FromMinutes(2));
        await using var hasty = await OpenAsync(first, TimeSpan.FromMilliseconds(100));
        var written = new GrainState<DeviceState>(SampleStates.Small with { TwinVersion = 7 });
        await Storage(patient).WriteStateAsync("state", device, written);
        await first.StopAsync();

        // In vain, but so that both know that their connections are gone.
        await Assert.ThrowsAsync<StorageFaultException>(() => ReadAsync(hasty));
        await Assert.ThrowsAsync<StorageFaultException>(() =>
            Storage(hasty).WriteStateAsync("state", GrainId.Create("device", "never"), new GrainState<DeviceState>(SampleStates.Small)));
        var read = ReadAsync(patient);
        var write = Storage(patient).WriteStateAsync("state", GrainId.Create("device", "new"), new GrainState<DeviceState>(SampleStates.Small with { }));

        await using var second = await PostgresServer.StartAsync(folder, Address, first.EndPoint.Port, PostgresTuning.Test, Cancel);
        Assert.Equal(7, (await read).State!.TwinVersion);

        // It may have been on its way when the server went: then it says that it does not know.
        var unknown = await Record.ExceptionAsync(() => write);
        Assert.True(unknown is null or StorageFaultException, unknown?.ToString());
        written.State = written.State! with { TwinVersion = 8 };
        await Storage(patient).WriteStateAsync("state", device, written);
        Assert.Equal(8, (await ReadAsync(hasty)).State!.TwinVersion);
    }

    private static Task<PostgresStore> OpenAsync(PostgresServer server, TimeSpan patience) =>
        PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = server.ConnectionString(), Patience = patience }, Cancel);

    private static PostgresDeviceStorage Storage(PostgresStore store) => new(() => store);

    private async Task<GrainState<DeviceState>> ReadAsync(PostgresStore store)
    {
        var state = new GrainState<DeviceState>();
        await Storage(store).ReadStateAsync("state", device, state);
        return state;
    }
}
