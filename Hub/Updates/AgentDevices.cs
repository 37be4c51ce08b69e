using Microsoft.AspNetCore.Http;
using Muster.Calls;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;

namespace Muster.Updates;

/// <summary>The device that an agent acts for, its credentials checked.</summary>
/// <param name="Key">A device, never a module.</param>
/// <param name="Row">Its row, as it was when the request came.</param>
/// <param name="Agent">Who speaks.</param>
internal sealed record AgentDevice(DeviceKey Key, DeviceState Row, UpdateAgent Agent)
{
    internal string Id => Key.DeviceId;

    internal static AgentDevice Of(HttpContext context) =>
        context.Features.Get<AgentDevice>() ?? throw new InvalidOperationException("The route has no door.");
}

/// <summary>What agents' requests ask of devices.</summary>
internal sealed class AgentDevices(IGrainFactory grains, GrainCalls calls, IDeviceReader reader)
{
    /// <summary>The row; null if the id is not registered, or is one that agents cannot act for: disabled, or a device of the upstream hub.</summary>
    internal async ValueTask<(DeviceState? Row, bool IsKnown)> ReadAsync(DeviceKey key)
    {
        var row = await reader.ReadAsync(key, CancellationToken.None);
        return (row is { Upstream: null, Identity.Status: DeviceStatus.Enabled } ? row : null, row is not null);
    }

    /// <summary>Registers the device, or finds that somebody did; null if it cannot be.</summary>
    internal async Task<DeviceState?> RegisterAsync(DeviceKey key, TwinChange? twin)
    {
        // No credentials of IoT Hub's kind: the device comes by its agent's.
        var spec = new IdentitySpec { Authentication = new DeviceAuthentication { Type = AuthenticationType.None } };
        await calls.CallAsync(key.ToString(), Repeat.IfNotRun, () => Grain(key).CreateAsync(spec, twin));
        return (await ReadAsync(key)).Row;
    }

    internal Task<AgentOffer?> PollAsync(AgentDevice device) =>
        calls.CallAsync(device.Key.ToString(), Repeat.Always, () => Grain(device.Key).PollUpdateAsync(device.Agent));

    internal Task<UpdateReply> ReportAsync(AgentDevice device, AgentReport report) =>
        calls.CallAsync(device.Key.ToString(), Repeat.Always, () => Grain(device.Key).ReportUpdateAsync(report));

    /// <summary>Where its update stands; null if it never had one.</summary>
    internal async Task<UpdateStatus?> StatusAsync(AgentDevice device) => device.Row.Update is null ? null
        : (await calls.CallAsync(device.Key.ToString(), Repeat.Always, () => Grain(device.Key).GetUpdateAsync().AsTask()))?.Status;

    /// <summary>Makes it known what the agent says of the device, if any of it is new, or is waited for. Always with the agent's own name.</summary>
    internal async Task TellAsync(AgentDevice device, IEnumerable<KeyValuePair<string, string?>> facts)
    {
        KeyValuePair<string, string?>[] said = [.. facts, new(AgentFacts.Agent, AgentNames.Of(device.Agent))];
        if ((await IsAwaitedAsync(device, said) ? AgentFacts.Whole(said) : AgentFacts.Patch(AgentFacts.Read(device.Row), said)) is { } patch)
        {
            await PatchAsync(device.Key, patch);
        }
    }

    // Where what was said before proves nothing any more, that it is said again is the news. Of RAUC too: after a reboot it says nothing but its version, even where that is the old one.
    private async Task<bool> IsAwaitedAsync(AgentDevice device, KeyValuePair<string, string?>[] said) =>
        Array.Exists(said, static fact => fact is { Key: AgentFacts.Version, Value: not null })
            && (DeviceUpdate.Read(device.Row.Update) is { IsInDoubt: true } or { Status: UpdateStatus.RollingBack, HasToldVersion: false }
                || (device.Agent == UpdateAgent.Rauc && await StatusAsync(device) is UpdateStatus.Rebooting or UpdateStatus.Verifying));

    // Absolute values: the same done twice.
    private Task<ReportedReply> PatchAsync(DeviceKey key, JsonUtf8 patch) =>
        calls.CallAsync(key.ToString(), Repeat.Always, () => Grain(key).PatchReportedAsync(patch));

    private IDeviceGrain Grain(DeviceKey key) => grains.GetGrain<IDeviceGrain>(key.ToString());
}
