using Muster.Devices;
using Muster.Hosting;

namespace Muster.Durability;

public sealed class TenThousandUpdatesTests
{
    private const int Updates = 10_000;
    private const int Devices = 100;

    [Fact]
    public async Task Kill_minus_9_during_ten_thousand_twin_updates_loses_no_acknowledged_one()
    {
        using var folder = new TemporaryFolder();
        var address = Loopback.Next();
        var hub = await HubProcess.StartAsync(address, folder.Path);
        try
        {
            var fleet = await RegisterAsync(hub.Connection);
            await UpdateUntilAsync(hub, fleet, kill: new Random(7).Next(Updates / 4, Updates * 3 / 4));
            await hub.DisposeAsync();
            hub = await HubProcess.StartAsync(address, folder.Path);
            await VerifyFromBothSidesAsync(hub.Connection, fleet);

            await UpdateUntilAsync(hub, fleet, kill: null);
            await hub.KillAsync();
            await hub.DisposeAsync();
            hub = await HubProcess.StartAsync(address, folder.Path);
            await VerifyFromBothSidesAsync(hub.Connection, fleet);
            Assert.True(fleet.Sum(device => device.Journal.Acknowledged) >= Updates);
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    private static async Task<List<Target>> RegisterAsync(HubConnection hub)
    {
        using var service = new ServiceApi(hub);
        List<Target> fleet = [];
        for (var i = 0; i < Devices; i++)
        {
            fleet.Add(new Target($"target-{i}", await service.CreateAsync($"target-{i}"), new Journal()));
        }

        return fleet;
    }

    /// <summary>Every device's updates one behind the other, all devices at once; kills the hub after that many acknowledgements.</summary>
    private static async Task UpdateUntilAsync(HubProcess hub, List<Target> fleet, int? kill)
    {
        using var service = new ServiceApi(hub.Connection);
        using var gone = new CancellationTokenSource();
        var acknowledged = 0;
        var updates = fleet.ConvertAll(device => UpdateAsync(service, device, () => Interlocked.Increment(ref acknowledged), gone.Token));
        if (kill is { } after)
        {
            await Eventually.TrueAsync($"{after} updates to be acknowledged", () => Volatile.Read(ref acknowledged) >= after, seconds: 180);
            await hub.KillAsync();
            await gone.CancelAsync();
        }

        await Task.WhenAll(updates);
    }

    private static async Task UpdateAsync(ServiceApi service, Target device, Action acknowledged, CancellationToken gone)
    {
        while (device.Journal.Acknowledged < Updates / Devices && !gone.IsCancellationRequested)
        {
            var counter = device.Journal.Begin();
            try
            {
                var twin = await service.PatchDesiredAsync(device.Id, new { counter });
                device.Journal.Acknowledge(TwinReading.Read(TwinReading.Section(twin, "desired")).Version);
                acknowledged();
            }
            catch (HttpRequestException exception) when (exception.StatusCode is null && exception.InnerException is not null)
            {
                return;
            }
        }
    }

    private static async Task VerifyFromBothSidesAsync(HubConnection hub, List<Target> fleet)
    {
        using var service = new ServiceApi(hub);
        foreach (var device in fleet)
        {
            var ofService = TwinReading.Read(TwinReading.Section(await service.GetTwinAsync(device.Id), "desired"));
            await using var link = await DeviceLink.ConnectAsync(hub, device.Id, device.Key);
            await link.SubscribeAsync();
            Assert.Equal(ofService, TwinReading.Read((await link.GetTwinAsync()).GetProperty("desired")));
            device.Journal.Resume(device.Id, ofService.Counter, ofService.Version);
        }
    }

    private sealed record Target(string Id, string Key, Journal Journal);
}
