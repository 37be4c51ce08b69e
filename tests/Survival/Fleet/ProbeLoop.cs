namespace Muster.Survival;

/// <summary>
/// Reads the twin of a sample of devices again and again, so that it is seen how long their grains are without answer. A read that failed is tried again
/// after half a second at most, as a service would.
/// </summary>
internal sealed class ProbeLoop : IDisposable
{
    private const int Sampled = 100;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly List<(FleetDevice Device, Outage Outage)> probes;
    private readonly HubApi api;
    private readonly Faults faults;

    internal ProbeLoop(HubTarget hub, IReadOnlyList<FleetDevice> devices, Faults faults)
    {
        this.faults = faults;
        api = new HubApi(hub, TimeSpan.FromSeconds(5));
        var step = Math.Max(1, devices.Count / Sampled);
        probes = [.. devices.Where((_, place) => place % step == 0).Select(device => (device, new Outage()))];
    }

    /// <summary>By device number: its longest time without answer.</summary>
    internal IReadOnlyDictionary<int, TimeSpan> Longest => probes.ToDictionary(probe => probe.Device.Who.Number, probe => probe.Outage.Longest);

    internal void Reset() => probes.ForEach(probe => probe.Outage.Reset());

    internal Task RunAsync(CancellationToken stop) => Task.WhenAll(probes.Select(probe => RunAsync(probe.Device, probe.Outage, stop)));

    public void Dispose() => api.Dispose();

    private async Task RunAsync(FleetDevice device, Outage outage, CancellationToken stop)
    {
        var random = new Random(device.Who.Number);
        try
        {
            while (true)
            {
                await Task.Delay(Every * (0.5 + random.NextDouble()), stop);
                outage.Ask();
                while (await api.GetTwinAsync(device.Who.Id, stop) is { IsOk: false } answer)
                {
                    if (!answer.IsUnknown)
                    {
                        faults.Add($"{device.Who.Id}: reading its twin was answered {answer}");
                    }

                    await Task.Delay(random.Next(200, 500), stop);
                }

                outage.Answered();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over.
        }
    }
}
