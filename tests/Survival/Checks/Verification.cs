using System.Collections.Concurrent;
using System.Text.Json;

namespace Muster.Survival;

/// <summary>Looks from outside at what stands, while nothing is under way.</summary>
internal sealed class Verification : IDisposable
{
    private const int SampledTwins = 60;
    private const int CallsAtOnce = 48;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly FleetLoad fleet;
    private readonly Testbed testbed;
    private readonly HubApi api;
    private readonly EventReader events;

    internal Verification(FleetLoad fleet, Testbed testbed)
    {
        (this.fleet, this.testbed) = (fleet, testbed);
        api = new HubApi(testbed.Hub, TimeSpan.FromSeconds(15));
        events = new EventReader(api, fleet);
    }

    /// <summary>Messages acknowledged, and events beyond one for each, in the round that was verified last.</summary>
    internal (int Acknowledged, int Repeated) Telemetry { get; private set; }

    private Faults Faults => fleet.Context.Faults;

    /// <summary>To be called before the load begins.</summary>
    internal Task BeginAsync(CancellationToken cancellationToken) =>
        Patience.UntilAsync("the event log's ends", Limit, () => events.SkipAsync(cancellationToken), cancellationToken);

    internal async Task RunAsync(Random random, CancellationToken cancellationToken)
    {
        await CompareTwinsAsync(cancellationToken);
        await CompareSilosAsync(random, cancellationToken);
        await Patience.UntilAsync("the event log to be read", Limit, () => events.ReadOnAsync(cancellationToken), cancellationToken);
        var counts = fleet.Devices.Select(device => device.Telemetry.Close()).ToList();
        Telemetry = (counts.Sum(count => count.Acknowledged), counts.Sum(count => count.Repeated));
        await CallAllAsync(random, cancellationToken);
        await LatestTelemetryAsync(random, cancellationToken);
        foreach (var device in fleet.Devices)
        {
            device.Reported.Age();
            device.Desired.Age();
        }
    }

    public void Dispose() => api.Dispose();

    // The registry may still be told that the last devices are back: their rows are waited for, what was acknowledged is not.
    private async Task CompareTwinsAsync(CancellationToken cancellationToken)
    {
        var compared = false;
        await Patience.UntilAsync("the registry to show every device connected", Limit, async () =>
        {
            var (rows, why) = await api.QueryAllAsync("SELECT * FROM devices", cancellationToken);
            if (rows is null)
            {
                return why;
            }

            var twins = rows.Select(TwinView.Read).Where(twin => DeviceIdentity.NumberOf(twin.DeviceId) is { } number && number < fleet.Devices.Count).ToList();
            if (!compared)
            {
                Compare(twins);
                compared = true;
            }

            var away = twins.Where(twin => twin.ConnectionState != "Connected").Select(twin => twin.DeviceId).ToList();
            return away.Count == 0 ? null : $"{away.Count} are not, such as {away[0]}";
        }, cancellationToken);
    }

    private void Compare(List<TwinView> twins)
    {
        foreach (var twin in twins)
        {
            var device = fleet.Devices[DeviceIdentity.NumberOf(twin.DeviceId)!.Value];
            device.Reported.Compare(twin.Reported.Counter, twin.Reported.Version, "its row");
            device.Desired.Compare(twin.Desired.Counter, twin.Desired.Version, "its row");
        }

        if (twins.DistinctBy(twin => twin.DeviceId).Count() != fleet.Devices.Count || twins.Count != fleet.Devices.Count)
        {
            Faults.Add($"the query found {twins.Count} rows of {fleet.Devices.Count} devices");
        }
    }

    private async Task CompareSilosAsync(Random random, CancellationToken cancellationToken)
    {
        using var agreement = new Agreement(testbed);
        for (var i = 0; i < SampledTwins; i++)
        {
            var device = fleet.Devices[random.Next(fleet.Devices.Count)];
            foreach (var (name, silo) in agreement.Silos)
            {
                await Patience.UntilAsync($"{name} to read {device.Who.Id}", Limit, async () =>
                {
                    var answer = await silo.GetTwinAsync(device.Who.Id, cancellationToken);
                    if (answer.IsOk)
                    {
                        var twin = TwinView.Read(answer.Json);
                        device.Reported.Compare(twin.Reported.Counter, twin.Reported.Version, $"the grain, asked through {name}");
                        device.Desired.Compare(twin.Desired.Counter, twin.Desired.Version, $"the grain, asked through {name}");
                    }

                    return answer.IsOk ? null : answer.ToString();
                }, cancellationToken);
            }
        }
    }

    private async Task CallAllAsync(Random random, CancellationToken cancellationToken)
    {
        var word = $"all{random.Next()}";
        var waiting = new ConcurrentBag<FleetDevice>(fleet.Devices);
        await Patience.UntilAsync("every device to answer a method", Limit, async () =>
        {
            var silent = new ConcurrentBag<FleetDevice>();
            await Parallel.ForEachAsync(
                waiting, new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = cancellationToken }, async (device, token) =>
                {
                    if (!await fleet.CallAsync(device, word, token))
                    {
                        silent.Add(device);
                    }
                });
            waiting = silent;
            return silent.IsEmpty ? null : $"{silent.Count} do not, such as {silent.First().Who.Id}";
        }, cancellationToken);
    }

    /// <summary>The pumps of all partitions run again when what was acknowledged reaches the grains.</summary>
    private async Task LatestTelemetryAsync(Random random, CancellationToken cancellationToken)
    {
        for (var i = 0; i < SampledTwins; i++)
        {
            var device = fleet.Devices[random.Next(fleet.Devices.Count)];
            await Patience.UntilAsync($"the grain of {device.Who.Id} to know its message {device.Telemetry.LastAcknowledged}", Limit, async () =>
            {
                var answer = await api.GetAsync($"/api/v1/devices/{device.Who.Id}/telemetry", cancellationToken);
                var number = answer.IsOk ? Number(answer.Json) : 0;
                return number >= device.Telemetry.LastAcknowledged ? null : answer.IsOk ? $"it knows {number}" : answer.ToString();
            }, cancellationToken);
        }
    }

    private static int Number(JsonElement latest) =>
        latest.GetProperty("fields").TryGetProperty("number", out var field) ? field.GetProperty("value").GetInt32() : 0;
}
