using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>What an agent is shown, computed from the record each time. Pure.</summary>
internal static class UpdateOffers
{
    /// <summary>Null if there is nothing for it now.</summary>
    internal static AgentOffer? Of(DeviceUpdate update, UpdateContext context)
    {
        var permit = PermitOf(update, context);

        // An agent that is shown what it said that it has done does it again.
        return update.IsConfirmed || !UpdateMachine.IsShown(update.Status) || (permit == UpdatePermit.None && update.Status != UpdateStatus.Canceling) || context.Find(update.Wanted) is not { } release
            ? null
            : new AgentOffer
            {
                WireId = update.WireId,
                Status = update.Status,
                Permit = permit,
                IsCancel = update.Status == UpdateStatus.Canceling,
                MustRollBack = UpdateMachine.IsRefusedCommit(update),
                Release = release,
                IsRollback = update.Status == UpdateStatus.RollingBack,
            };
    }

    /// <summary>How far the agent may go now.</summary>
    internal static UpdatePermit PermitOf(DeviceUpdate update, UpdateContext context)
    {
        var (byStatus, byGates) = (ByStatus(update, context.Window), UpdateMachine.ByGates(update, context));
        return byStatus < byGates ? byStatus : byGates;
    }

    private static UpdatePermit ByStatus(DeviceUpdate update, WindowLook window) => update.Status switch
    {
        UpdateStatus.Offered when update.Hold >= PauseLevel.Installs => UpdatePermit.None,
        >= UpdateStatus.Offered and < UpdateStatus.Installing when update.Hold >= PauseLevel.Installs || !window.IsOpen => UpdatePermit.Download,

        // What was begun is never left half-way but where the agent asks before it goes on.
        >= UpdateStatus.Offered and <= UpdateStatus.Installed when update.Hold >= PauseLevel.Reboots => UpdatePermit.Install,
        >= UpdateStatus.Offered and <= UpdateStatus.Soaking or UpdateStatus.RollingBack => UpdatePermit.Commit,
        _ => UpdatePermit.None,
    };
}
