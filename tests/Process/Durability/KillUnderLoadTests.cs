using System.Text.Json;
using Muster.Devices;
using Muster.Hosting;

namespace Muster.Durability;

public sealed class KillUnderLoadTests
{
    private const int Devices = 12;
    private const int Rounds = 5;

    [Fact]
    public async Task What_was_acknowledged_is_there_after_SIGKILL_and_every_subscription_still_delivers()
    {
        using var folder = new TemporaryFolder();
        var address = Loopback.Next();
        var random = new Random(20260);
        List<LoadedDevice> devices = [];
        var hub = await HubProcess.StartAsync(address, folder.Path);
        try
        {
            using (var service = new ServiceApi(hub.Connection))
            {
                for (var i = 0; i < Devices; i++)
                {
                    devices.Add(new LoadedDevice($"loaded-{i}", await service.CreateAsync($"loaded-{i}")));
                    await devices[i].IntroduceAsync(hub.Connection);
                }
            }

            for (var round = 0; round < Rounds; round++)
            {
                await LoadAndKillAsync(hub, devices, random.Next(100, 1500));
                await hub.DisposeAsync();
                hub = await HubProcess.StartAsync(address, folder.Path);
                await VerifyAsync(hub, devices);
            }
        }
        finally
        {
            await hub.DisposeAsync();
            foreach (var device in devices)
            {
                await device.DisposeAsync();
            }
        }
    }

    private static async Task LoadAndKillAsync(HubProcess hub, List<LoadedDevice> devices, int milliseconds)
    {
        using var service = new ServiceApi(hub.Connection);
        using var gone = new CancellationTokenSource();
        var before = devices.Sum(device => device.AcknowledgedWrites);
        var load = devices.ConvertAll(device => device.LoadAsync(service, gone.Token));
        await Eventually.TrueAsync("the load to be running", () => devices.Sum(device => device.AcknowledgedWrites) > before + Devices);
        await Task.Delay(milliseconds, TestContext.Current.CancellationToken);
        await hub.KillAsync();
        await gone.CancelAsync();
        await Task.WhenAll(load);
    }

    private static async Task VerifyAsync(HubProcess hub, List<LoadedDevice> devices)
    {
        using var service = new ServiceApi(hub.Connection);
        await Task.WhenAll(devices.Select(device => device.VerifyAsync(hub.Connection, service)));

        var events = await service.ReadEventsAsync();
        foreach (var partition in events.GroupBy(PartitionOf))
        {
            Assert.Equal(Enumerable.Range(0, partition.Count()).Select(offset => (long)offset), partition.Select(one => one.GetProperty("offset").GetInt64()));
        }

        // What the hub itself says of the devices has no message id.
        var stored = events.Select(one => one.GetProperty("systemProperties").TryGetProperty("message-id", out var id) ? id.GetString() : null).ToList();
        Assert.Empty(devices.SelectMany(device => device.AcknowledgedMessages).Except(stored));
    }

    private static int PartitionOf(JsonElement one) => one.GetProperty("partition").GetInt32();
}
