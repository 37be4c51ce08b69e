using Muster.Updates;
using Xunit;

namespace Muster.Gates;

/// <summary>How gates hold a device's update, stop it, and are told of its end.</summary>
public sealed class GatedUpdateTests
{
    private static readonly GateSpec Reroute = new() { Name = "reroute", Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/reroute" };

    private static readonly DevicePlan Plan = UpdateSpace.Plan with { Gates = [Reroute], Health = HealthRule.None };

    [Fact]
    public void Nothing_is_offered_before_the_gate_is_open_and_whoever_opened_it_is_told_when_all_is_over()
    {
        var asked = Assign(Plan);
        Assert.Equal(UpdateStatus.Gated, asked.Next.Status);
        Assert.Equal(GateEffect.Ask, Assert.Single(asked.Effects).Effect);
        Assert.False(asked.Next.IsGranted || asked.Next.IsReady);

        var open = Say(asked.Next, GateWord.Open);
        Assert.Equal((UpdateStatus.Gated, true), (open.Status, open.IsReady));
        var offered = Next(open, new UpdateSignal.Granted());
        Assert.Equal((UpdateStatus.Offered, GateStatus.Consumed), (offered.Next.Status, offered.Next.Gates!.Value[0].Status));

        var ended = Next(offered.Next, UpdateSpace.Said(offered.Next.WireId, AgentEvent.Succeeded), "2.0.0");
        Assert.Equal((UpdateStatus.Succeeded, GateStatus.Closing), (ended.Next.Status, ended.Next.Gates!.Value[0].Status));
        Assert.Equal(GateEffect.Close, Assert.Single(ended.Effects).Effect);
        Assert.NotNull(ended.Next.Due);

        var again = UpdateMachine.Next(ended.Next, new UpdateSignal.DeadlinePassed(), Context(Plan, "2.0.0", ended.Next.Due));
        Assert.Equal(GateEffect.Close, Assert.Single(again.Effects).Effect);
        var heard = Say(again.Next, GateWord.Closed);
        Assert.Null(heard.Gates);
        Assert.Null(heard.Due);
    }

    [Fact]
    public void Another_rollout_waits_until_whoever_opened_a_gate_has_heard_of_the_end()
    {
        var denied = Say(Assign(Plan).Next, GateWord.Deny);
        Assert.Equal((UpdateStatus.Skipped, "GateDenied"), (denied.Status, denied.Reason));
        var other = UpdateSpace.Assignment with { Rollout = "r2" };
        Assert.Equal(new AssignReply.Busy("r1"), UpdateMachine.Assign(denied, other, Context(Plan)).Reply);
        Assert.IsType<AssignReply.Taken>(UpdateMachine.Assign(Say(denied, GateWord.Closed), other, Context(Plan)).Reply);
    }

    [Fact]
    public void A_rollout_of_higher_priority_waits_until_whoever_opened_a_gate_of_the_one_before_has_heard_of_its_end()
    {
        var urgent = UpdateSpace.Assignment with { Rollout = "r2", Priority = 900 };
        var other = Context(UpdateSpace.Plan with { Rollout = "r2" });
        var open = Say(Assign(Plan).Next, GateWord.Open);
        var taken = UpdateMachine.Assign(open, urgent, other, Context(Plan));
        Assert.Equal(new AssignReply.Busy("r1"), taken.Reply);
        var ended = taken.Move!.Value;
        Assert.Equal(("r1", UpdateStatus.Superseded, GateStatus.Closing), (ended.Next.Rollout, ended.Next.Status, ended.Next.Gates!.Value[0].Status));
        Assert.Equal(GateEffect.Close, Assert.Single(ended.Effects).Effect);

        Assert.Equal(new AssignReply.Busy("r1"), UpdateMachine.Assign(ended.Next, urgent, other, Context(Plan)).Reply);
        Assert.IsType<AssignReply.Taken>(UpdateMachine.Assign(Say(ended.Next, GateWord.Closed), urgent, other, Context(Plan)).Reply);
    }

    [Fact]
    public void A_device_whose_rollout_has_no_plan_is_left_to_it() => Assert.Equal(
        new AssignMove(new AssignReply.Busy("r1"), null), UpdateMachine.Assign(Assign(Plan).Next, UpdateSpace.Assignment with { Rollout = "r2", Priority = 900 }, Context(UpdateSpace.Plan)));

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void A_device_that_waits_for_its_last_gate_alone_is_looked_at_no_more_than_once_a_minute(int soak)
    {
        var plan = Plan with { Health = new HealthRule { Soak = TimeSpan.FromSeconds(soak) }, Gates = [new GateSpec { Name = "restored", Phase = GatePhase.AfterVerify, Kind = GateKind.Manual, Role = "plant", OnTimeout = GateTimeoutAction.Hold }] };
        var update = UpdateMachine.Next(Assign(plan).Next, UpdateSpace.Said(1, AgentEvent.Succeeded), Context(plan, "2.0.0")).Next;
        var now = UpdateSpace.Start.AddHours(1);
        update = UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), Context(plan, "2.0.0", now)).Next;
        Assert.Equal((UpdateStatus.Soaking, now.AddMinutes(1)), (update.Status, update.Due));
    }

    [Fact]
    public void A_gate_that_does_not_open_in_time_skips_the_device()
    {
        var update = Assign(Plan).Next;
        for (var looks = 0; !update.IsFinal; looks++)
        {
            Assert.True(looks < 5000, "It waits for ever.");
            update = UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), Context(Plan, now: update.Due)).Next;
        }

        Assert.Equal((UpdateStatus.Skipped, "GateExpired"), (update.Status, update.Reason));
    }

    [Fact]
    public void A_lease_that_is_lost_before_the_install_stops_the_device_and_later_only_stands_in_its_history()
    {
        var downloading = Next(Offered(), UpdateSpace.Said(1, AgentEvent.Downloading)).Next with { Deadline = UpdateSpace.Start.AddHours(5) };
        var lost = UpdateMachine.Next(downloading, new UpdateSignal.DeadlinePassed(), Context(Plan, now: UpdateSpace.Start.AddMinutes(46)));
        Assert.Equal((UpdateStatus.Canceling, "GateExpired"), (lost.Next.Status, lost.Next.Reason));

        var installing = Next(Offered(), UpdateSpace.Said(1, AgentEvent.Installing)).Next with { Deadline = UpdateSpace.Start.AddHours(5) };
        var noted = UpdateMachine.Next(installing, new UpdateSignal.DeadlinePassed(), Context(Plan, now: UpdateSpace.Start.AddMinutes(46)));
        Assert.Equal(UpdateStatus.Installing, noted.Next.Status);
        Assert.Contains(noted.Steps, static step => step.Evidence?.Contains("Expired", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(GatePhase.BeforeInstall, AgentEvent.Downloaded, UpdatePermit.Download)]
    [InlineData(GatePhase.BeforeReboot, AgentEvent.Installing, UpdatePermit.Install)]
    [InlineData(GatePhase.BeforeCommit, AgentEvent.Confirming, UpdatePermit.Reboot)]
    public void A_later_gate_lets_the_agent_go_no_further_than_to_it(GatePhase phase, AgentEvent at, UpdatePermit permit)
    {
        var plan = Plan with { Gates = [new GateSpec { Name = "go", Phase = phase, Kind = GateKind.Manual, Role = "plant" }] };
        var update = UpdateMachine.Next(Assign(plan).Next, UpdateSpace.Said(1, at), Context(plan)).Next;
        Assert.Equal(permit, UpdateOffers.Of(update, Context(plan))!.Permit);

        var open = UpdateMachine.Next(update, new UpdateSignal.GateAnswered(update.Gates!.Value[0].Key, new GateAnswer(GateWord.Open, "pat")), Context(plan)).Next;
        Assert.Equal(UpdatePermit.Commit, UpdateOffers.Of(open, Context(plan))!.Permit);
    }

    [Fact]
    public void A_device_does_not_count_as_succeeded_before_the_last_gate_is_open()
    {
        var plan = Plan with { Gates = [new GateSpec { Name = "restored", Phase = GatePhase.AfterVerify, Kind = GateKind.Manual, Role = "plant" }] };
        var update = UpdateMachine.Next(Assign(plan).Next, UpdateSpace.Said(1, AgentEvent.Succeeded), Context(plan, "2.0.0")).Next;
        Assert.Equal(UpdateStatus.Soaking, update.Status);
        var open = UpdateMachine.Next(update, new UpdateSignal.GateAnswered(update.Gates!.Value[0].Key, new GateAnswer(GateWord.Open, "pat")), Context(plan, "2.0.0")).Next;
        Assert.Equal(UpdateStatus.Succeeded, open.Status);
    }

    [Fact]
    public void Why_a_device_is_not_up_to_date_names_the_gate_that_it_waits_for() => Assert.Equal(
        "It waits for the gate reroute, asked for at 2026-11-01T08:00:00Z.", UpdateView.Of(Assign(Plan).Next, Plan, new DeviceFacts(UpdateSpace.Device()), UpdateSpace.Start).Because[0]);

    [Fact]
    public void Steps_of_gates_are_numbered_and_say_who()
    {
        var asked = Assign(Plan);
        var open = UpdateMachine.Next(asked.Next, new UpdateSignal.GateAnswered(asked.Next.Gates!.Value[0].Key, new GateAnswer(GateWord.Open, "pat", Evidence: "Valve 3 shut")), Context(Plan));
        Assert.Equal(Enumerable.Range(1, open.Steps.Count).Select(i => asked.Next.Sequence + i), open.Steps.Select(static step => step.Sequence));
        Assert.Contains(open.Steps, static step => step.Actor == "pat" && step.Evidence!.Contains("Valve 3 shut", StringComparison.Ordinal));
    }

    private static UpdateMove Assign(DevicePlan plan) => UpdateMachine.Assign(null, UpdateSpace.Assignment, Context(plan)).Move!.Value;

    private static DeviceUpdate Offered() => Next(Say(Assign(Plan).Next, GateWord.Open), new UpdateSignal.Granted()).Next;

    private static DeviceUpdate Say(DeviceUpdate update, GateWord word) =>
        Next(update, new UpdateSignal.GateAnswered(update.Gates!.Value[0].Key, new GateAnswer(word, "webhook"))).Next;

    private static UpdateMove Next(DeviceUpdate update, UpdateSignal signal, string version = "1.0.0") => UpdateMachine.Next(update, signal, Context(Plan, version));

    private static UpdateContext Context(DevicePlan plan, string version = "1.0.0", DateTimeOffset? now = null) => UpdateSpace.Context(UpdateSpace.Device(version), now, plan);
}
