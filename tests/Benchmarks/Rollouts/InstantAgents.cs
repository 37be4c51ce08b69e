using System.Collections.Concurrent;
using System.Text;
using Muster.Devices;
using Muster.Json;
using Muster.Updates;

namespace Muster.Benchmarks.Rollouts;

/// <summary>
/// Agents without wire and without waiting: as soon as a device is offered an update, its agent says every step of it, each once the one before was durable, calling the device's
/// grain as a fleet API would.
/// </summary>
internal sealed class InstantAgents(IGrainFactory grains)
{
    private const int AtOnce = 2000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private static readonly AgentEvent[] Steps =
    [
        AgentEvent.Fetched, AgentEvent.Downloading, AgentEvent.Downloaded, AgentEvent.Installing, AgentEvent.Installed, AgentEvent.Rebooting, AgentEvent.Confirming,
    ];

    private readonly ConcurrentQueue<string> offered = new();

    /// <summary>The device has something to do.</summary>
    internal void Wake(string deviceId) => offered.Enqueue(deviceId);

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    internal Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            if (offered.TryDequeue(out var deviceId)) { await UpdateAsync(grains.GetGrain<IDeviceGrain>(deviceId)); }
            else { await Task.Delay(Pause, CancellationToken.None); }
        }
    }));

    internal static JsonUtf8 Information(string version) => new(Encoding.UTF8.GetBytes(
        $$$"""{"deviceInformation":{"manufacturer":"Muster","model":"fuel-pump","hwRevision":"1","swVersion":"{{{version}}}","updateAgent":"direct"}}"""));

    private static async Task UpdateAsync(IDeviceGrain device)
    {
        if (await device.PollUpdateAsync(UpdateAgent.Direct) is not { } offer) { return; }
        foreach (var step in Steps) { await SayAsync(device, offer.WireId, step); }
        await device.PatchReportedAsync(Information(offer.Release.Version));
        await SayAsync(device, offer.WireId, AgentEvent.Succeeded);
    }

    private static async Task SayAsync(IDeviceGrain device, int wireId, AgentEvent what)
    {
        var reply = await device.ReportUpdateAsync(new AgentReport { WireId = wireId, Event = what, Agent = UpdateAgent.Direct });
        if (reply is not UpdateReply.Accepted) { throw new InvalidOperationException($"{what} was answered {reply}"); }
    }
}
