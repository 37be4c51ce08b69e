using Muster.Devices;
using Muster.Updates;

namespace Muster.Rollouts;

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
