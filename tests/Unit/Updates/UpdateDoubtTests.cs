using Xunit;

namespace Muster.Updates;

/// <summary>What a device said that it runs before it was to change is no proof of anything after it.</summary>
public sealed class UpdateDoubtTests
{
    private static readonly UpdateAssignment Back = UpdateSpace.Assignment with { Rollout = "r1-rollback", Release = "", IsRollback = true };

    [Fact]
    public void Nothing_is_back_by_what_it_said_before_it_was_to_go() => Assert.All(UpdateSpace.Moves, static moved =>
    {
        var (update, signal, _, move) = moved;
        var isBack = update.Status == UpdateStatus.RollingBack && move.Next is { Status: UpdateStatus.RolledBack, Reason: "LastKnownGood" or "Golden" };
        Assert.False(isBack && !update.HasToldVersion && signal is not UpdateSignal.FactsSeen { IsVersionTold: true }, $"{signal} ended {update}");
    });

    [Fact]
    public void RAUC_has_not_fallen_back_by_what_it_said_before_its_reboot()
    {
        var rebooting = Said(UpdateSpace.Begun(), AgentEvent.Rebooting, UpdateAgent.Rauc);

        Assert.Equal(UpdateStatus.Rebooting, Seen(isVersionTold: false).Status);
        Assert.Equal((UpdateStatus.RolledBack, "DeviceInitiated"), (Seen(isVersionTold: true).Status, Seen(isVersionTold: true).Reason));

        DeviceUpdate Seen(bool isVersionTold) => UpdateSpace.Next(rebooting, new UpdateSignal.FactsSeen(isVersionTold), UpdateSpace.Device("1.0.0")).Next;
    }

    [Theory]
    [InlineData("""{"deviceInformation":{"swVersion":"1.0.0"}}""", true)]
    [InlineData("""{"deviceInformation":{"swVersion":2}}""", true)]
    [InlineData("""{"deviceInformation":{"swVersion":null}}""", false)]
    [InlineData("""{"deviceInformation":null,"pump":{"swVersion":"1.0.0"}}""", false)]
    [InlineData("""{"deviceInformation":{"model":"swVersion"}}""", false)]
    [InlineData("""{"swVersion":"1.0.0"}""", false)]
    public void Only_a_version_in_its_place_is_a_word_of_what_runs(string patch, bool isTold) =>
        Assert.Equal(isTold, DeviceFacts.IsVersionTold(System.Text.Encoding.UTF8.GetBytes(patch)));

    [Fact]
    public void A_Mender_client_that_committed_before_it_heard_that_it_may_not_is_taken_back_by_a_deployment()
    {
        var verifying = Said(UpdateSpace.Begun(), AgentEvent.Confirming, UpdateAgent.Mender);
        var refused = Silence(verifying);
        Assert.True(UpdateMachine.IsRefusedCommit(refused));

        var back = Said(refused, AgentEvent.Succeeded, UpdateAgent.Mender);

        Assert.Equal((UpdateStatus.RollingBack, UpdateSpace.Old.Id, refused.WireId + 1), (back.Status, back.Back!.Release, back.WireId));
    }

    [Fact]
    public void SWUpdate_is_taken_back_from_its_reboot_on_and_others_from_their_install_on()
    {
        foreach (var agent in new[] { UpdateAgent.SwUpdate, UpdateAgent.Rauc, UpdateAgent.Mender, UpdateAgent.Twin })
        {
            var installed = Said(UpdateSpace.Begun(), AgentEvent.Installed, agent);
            Assert.Equal(agent != UpdateAgent.SwUpdate, Asked(installed).Status == UpdateStatus.RollingBack);
            Assert.Equal(UpdateStatus.RollingBack, Asked(Said(installed, AgentEvent.Confirming, agent)).Status);
        }

        static DeviceUpdate Asked(DeviceUpdate update) => UpdateSpace.Next(update, new UpdateSignal.RollBackRequested("ann", "Test"), UpdateSpace.Device()).Next;
    }

    [Theory]
    [InlineData(AgentEvent.Rebooting, UpdateStatus.Unreachable)]
    [InlineData(AgentEvent.Installing, UpdateStatus.Failed)]
    public void What_fell_silent_in_its_install_is_offered_the_way_back_though_it_said_that_it_runs_it(AgentEvent last, UpdateStatus end)
    {
        var silent = Silent(UpdateAgent.Twin, last);
        Assert.Equal((end, true), (silent.Status, silent.IsInDoubt));

        var back = UpdateMachine.Assign(silent, Back, UpdateSpace.Context(plan: WayBackPlan)).Move!.Value.Next;

        Assert.Equal((UpdateStatus.Offered, UpdateSpace.Old.Version), (back.Status, back.Version));
    }

    [Fact]
    public void Once_it_says_what_it_runs_it_is_judged_by_that()
    {
        var told = UpdateSpace.Next(Silent(UpdateAgent.Twin, AgentEvent.Rebooting), new UpdateSignal.FactsSeen(IsVersionTold: true), UpdateSpace.Device()).Next;

        Assert.Equal((UpdateStatus.Unreachable, true), (told.Status, told.IsOver));
        Assert.Equal(UpdateStatus.AlreadyCurrent, UpdateMachine.Assign(told, Back, UpdateSpace.Context(plan: WayBackPlan)).Move!.Value.Next.Status);
    }

    [Fact]
    public void SWUpdate_is_offered_nothing_until_it_says_what_it_runs()
    {
        var swUpdate = UpdateSpace.Device(agent: "swupdate");
        var context = UpdateSpace.Context(swUpdate, plan: WayBackPlan);
        var waits = UpdateMachine.Assign(Silent(UpdateAgent.SwUpdate, AgentEvent.Rebooting), Back, context).Move!.Value.Next;
        Assert.Equal((UpdateStatus.Gated, false), (waits.Status, waits.IsReady));
        Assert.Equal((UpdateStatus.Skipped, "VersionUnknown"), (Silence(waits, WayBackPlan).Status, Silence(waits, WayBackPlan).Reason));

        var heard = UpdateMachine.Next(waits, new UpdateSignal.FactsSeen(IsVersionTold: true), context).Next;

        Assert.Equal((UpdateStatus.Gated, true), (heard.Status, heard.IsReady));
    }

    private static DevicePlan WayBackPlan { get; } = UpdateSpace.Plan with { Rollout = "r1-rollback" };

    private static DeviceUpdate Silent(UpdateAgent agent, AgentEvent last)
    {
        var plan = UpdateSpace.Plan with { Retry = RetryRule.None };
        var update = Said(UpdateSpace.Begun(plan: plan), last, agent);
        while (!update.IsFinal)
        {
            update = Silence(update, plan);
        }

        return update;
    }

    private static DeviceUpdate Said(DeviceUpdate update, AgentEvent what, UpdateAgent agent) =>
        UpdateSpace.Next(update, UpdateSpace.Said(update.WireId, what, agent), UpdateSpace.Device()).Next;

    private static DeviceUpdate Silence(DeviceUpdate update, DevicePlan? plan = null) =>
        UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), UpdateSpace.Context(now: update.Deadline, plan: plan)).Next;
}
