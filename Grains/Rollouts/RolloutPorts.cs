using Muster.Devices;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What has to agree before a group opens, and what has to be told after it.</summary>
internal interface IRolloutGates
{
    /// <summary>Null while the gates of the group have not said; false once one of them denied, or did not say in time. Asks them where that was not done.</summary>
    Task<bool?> AreOpenAsync(string rollout, int group);

    /// <summary>True once every close-out call of the rollout was acknowledged. Makes those that are due.</summary>
    Task<bool> AreClosedAsync(string rollout);
}

/// <summary>Where nobody has to agree.</summary>
internal sealed class OpenGates : IRolloutGates
{
    public Task<bool?> AreOpenAsync(string rollout, int group) => Task.FromResult<bool?>(true);

    public Task<bool> AreClosedAsync(string rollout) => Task.FromResult(true);
}

/// <summary>The devices' side of a rollout.</summary>
internal interface IRolloutDevices
{
    Task<AssignReply> AssignAsync(string deviceId, UpdateAssignment assignment);

    /// <summary>False if the device needs the room no more.</summary>
    Task<bool> GrantAsync(string deviceId, string rollout, int epoch);

    Task CancelAsync(string deviceId, string rollout, string actor, string reason);

    Task RollBackAsync(string deviceId, string rollout, string actor, string reason);

    Task HoldAsync(string deviceId, string rollout, PauseLevel level);
}

internal sealed class RolloutDevices(IGrainFactory grains) : IRolloutDevices
{
    public Task<AssignReply> AssignAsync(string deviceId, UpdateAssignment assignment) => Device(deviceId).AssignUpdateAsync(assignment);

    public Task<bool> GrantAsync(string deviceId, string rollout, int epoch) => Device(deviceId).GrantUpdateAsync(rollout, epoch);

    public Task CancelAsync(string deviceId, string rollout, string actor, string reason) => Device(deviceId).CancelUpdateAsync(rollout, actor, reason);

    public Task RollBackAsync(string deviceId, string rollout, string actor, string reason) => Device(deviceId).RollBackUpdateAsync(rollout, actor, reason);

    public Task HoldAsync(string deviceId, string rollout, PauseLevel level) => Device(deviceId).HoldUpdateAsync(rollout, level);

    private IDeviceGrain Device(string deviceId) => grains.GetGrain<IDeviceGrain>(deviceId);
}
