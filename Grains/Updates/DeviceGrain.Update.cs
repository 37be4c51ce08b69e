using Muster.Rollouts;
using Muster.Updates;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public Task<AssignReply> AssignUpdateAsync(UpdateAssignment assignment) => throw new NotSupportedException();

    public Task<bool> GrantUpdateAsync(string rollout, int epoch) => throw new NotSupportedException();

    public Task<UpdateReply> CancelUpdateAsync(string rollout, string actor, string reason) => throw new NotSupportedException();

    public Task HoldUpdateAsync(string rollout, PauseLevel level) => throw new NotSupportedException();

    public Task<UpdateReply> RollBackUpdateAsync(string rollout, string actor, string reason) => throw new NotSupportedException();

    public Task<UpdateReply> ReleaseQuarantineAsync(string actor) => throw new NotSupportedException();

    public Task<UpdateReply> ReportUpdateAsync(AgentReport report) => throw new NotSupportedException();

    public Task<AgentOffer?> PollUpdateAsync(UpdateAgent agent) => throw new NotSupportedException();

    public ValueTask<DeviceUpdateView?> GetUpdateAsync() => throw new NotSupportedException();
}
