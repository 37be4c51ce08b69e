using Muster.Benchmarks.Load;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;

namespace Muster.Benchmarks.Scale.Load;

/// <summary>Calls to device grains: durable updates and reads, each caller with devices of its own.</summary>
internal sealed class TwinLoad
{
    private readonly IDeviceGrain[] devices;
    private readonly int callers;
    private int value;

    /// <param name="grains">Where the devices are.</param>
    /// <param name="ids">All devices that are called; a multiple of <paramref name="callers"/>.</param>
    /// <param name="callers">Calls under way at a time.</param>
    internal TwinLoad(IGrainFactory grains, IEnumerable<string> ids, int callers)
    {
        devices = [.. ids.Select(id => grains.GetGrain<IDeviceGrain>(id))];
        this.callers = Math.Min(callers, devices.Length);
    }

    internal Task<LoadWindow> UpdateAsync(TimeSpan window) => ClosedLoop.RunAsync(callers, window, (caller, call) => UpdateAsync(Device(caller, call)));

    internal Task<LoadWindow> ReadAsync(TimeSpan window) => ClosedLoop.RunAsync(callers, window, (caller, call) => ReadAsync(Device(caller, call)));

    /// <summary>Updates of devices drawn at random from all.</summary>
    internal Task<LoadWindow> UpdateAnyAsync(TimeSpan window) =>
        ClosedLoop.RunAsync(callers, window, (_, _) => UpdateAsync(devices[Random.Shared.Next(devices.Length)]));

    /// <summary>Reads each device once, which activates it.</summary>
    internal Task TouchAllAsync(int atATime) => ClosedLoop.EachAsync(devices.Length, atATime, i => ClosedLoop.PatientlyAsync(async () =>
    {
        await ReadAsync(devices[i]);
        return true;
    }));

    private IDeviceGrain Device(int caller, int call) => devices[(caller + (call % (devices.Length / callers)) * callers)];

    private async Task UpdateAsync(IDeviceGrain device)
    {
        var reply = await device.PatchReportedAsync(new JsonUtf8(TwinSample.Patch(Interlocked.Increment(ref value))));
        if (reply is not ReportedReply.Accepted) { throw new InvalidOperationException($"{reply}"); }
    }

    private static async Task ReadAsync(IDeviceGrain device)
    {
        if (await device.GetIdentityAsync() is null) { throw new InvalidOperationException($"{device.GetPrimaryKeyString()} is missing."); }
    }
}
