using Muster.Gates;
using Muster.Updates;
using Xunit;

namespace Muster.Rollouts;

public sealed class RollbackPlanTests
{
    [Theory]
    [InlineData(UpdateStatus.Succeeded, null, true)]
    [InlineData(UpdateStatus.Unreachable, "AfterInstall", true)]
    [InlineData(UpdateStatus.Unreachable, "NotReached", false)]
    [InlineData(UpdateStatus.Failed, "VerifyTimeout", true)]
    [InlineData(UpdateStatus.Failed, "Unhealthy", true)]
    [InlineData(UpdateStatus.Failed, "VersionChanged", true)]
    [InlineData(UpdateStatus.Failed, "InstallTimeout", true)]
    [InlineData(UpdateStatus.Failed, "RollingBack", true)]
    [InlineData(UpdateStatus.Failed, "GateDenied", true)]
    [InlineData(UpdateStatus.Failed, "An operator's own words", true)]
    [InlineData(UpdateStatus.Failed, "DownloadTimeout", false)]
    [InlineData(UpdateStatus.Failed, "InstallFailed", false)]
    [InlineData(UpdateStatus.RolledBack, "LastKnownGood", false)]
    [InlineData(UpdateStatus.Canceled, "RolloutAborted", false)]
    public void A_rollback_takes_every_device_that_may_run_the_new_software(UpdateStatus status, string? reason, bool takes) =>
        Assert.Equal(takes, RollbackPlan.Takes(status, reason));

    [Fact]
    public void A_rollback_keeps_the_gates_that_somebody_opens_and_no_other()
    {
        GateSpec[] gates =
        [
            Gate("plant", GateScope.Site, GateKind.Webhook), Gate("crew", GateScope.Device, GateKind.Manual), Gate("agreed", GateScope.Rollout, GateKind.Manual),
            Gate("after", GateScope.Rollout, GateKind.Dependency), Gate("night", GateScope.Group, GateKind.Calendar), Gate("dusk", GateScope.Device, GateKind.Calendar),
            Gate("handover", GateScope.Rollout, GateKind.Manual) with { Phase = GatePhase.AfterVerify }, Gate("runs", GateScope.Device, GateKind.Webhook) with { Phase = GatePhase.AfterVerify },
        ];
        var spec = new RolloutSpec { Name = "n", Release = "fw@2", Target = new RolloutTarget { Condition = "" }, Gates = [.. gates] };
        Assert.Equal(["plant", "crew", "agreed", "runs"], RollbackPlan.Of(spec).Gates.Select(static gate => gate.Name));
    }

    [Fact]
    public void Who_takes_it_back_is_known_though_gates_have_moved_since()
    {
        RolloutEvent[] events = [Event("RollingBack", "eve"), Event("RollbackFailed", "rollout"), Event("RollingBack", "olga"), Event("gate plant: Closing", "webhook")];
        Assert.Equal("olga", RollbackPlan.AuthorOf(events));
        Assert.Equal("rollout", RollbackPlan.AuthorOf(events[3..]));

        static RolloutEvent Event(string to, string actor) => new() { From = "", To = to, At = default, Trigger = "", Actor = actor };
    }

    [Theory]
    [InlineData(RolloutStatus.Completed, true)]
    [InlineData(RolloutStatus.RollbackFailed, false)]
    public void What_was_taken_back_is_not_taken_back_again(RolloutStatus status, bool may) =>
        Assert.Equal(may, RolloutMachine.Next(status, RolloutSignal.RollBack) is RolloutMove.Moved);

    private static GateSpec Gate(string name, GateScope scope, GateKind kind) => new() { Name = name, Scope = scope, Phase = GatePhase.BeforeOffer, Kind = kind };
}
