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
    public void A_gate_that_was_passed_bounds_the_agent_no_more_when_its_lease_ends()
    {
        var plan = Plan with { Gates = [new GateSpec { Name = "go", Phase = GatePhase.BeforeInstall, Kind = GateKind.Manual, Role = "plant" }] };
        var offered = UpdateMachine.Next(Assign(plan).Next, UpdateSpace.Said(1, AgentEvent.Downloaded), Context(plan)).Next;
        var open = UpdateMachine.Next(offered, Word(offered, GateWord.Open), Context(plan)).Next;
        var installed = UpdateMachine.Next(open, UpdateSpace.Said(1, AgentEvent.Installed), Context(plan)).Next with { Deadline = UpdateSpace.Start.AddDays(1) };
        var later = UpdateSpace.Start.AddHours(1);

        Assert.Equal(UpdatePermit.Commit, UpdateOffers.Of(installed, Context(plan, now: later))!.Permit);
        var looked = UpdateMachine.Next(installed, new UpdateSignal.DeadlinePassed(), Context(plan, now: later)).Next;
        Assert.Equal((UpdateStatus.Installed, GateStatus.Expired), (looked.Status, looked.Gates!.Value[0].Status));
        Assert.Equal(UpdatePermit.Commit, UpdateOffers.Of(looked, Context(plan, now: later))!.Permit);
    }

    [Fact]
    public void A_lease_that_ended_while_nobody_looked_lets_nothing_through()
    {
        var later = UpdateSpace.Start.AddHours(1);
        var ready = Say(Assign(Plan).Next, GateWord.Open);
        Assert.Equal((UpdateStatus.Skipped, "GateExpired"), After(UpdateMachine.Next(ready, new UpdateSignal.Granted(), Context(Plan, now: later)).Next));
        Assert.Equal((UpdateStatus.Skipped, "GateExpired"), After(UpdateMachine.Next(ready, Word(ready, GateWord.Open), Context(Plan, now: later)).Next));

        var plan = Plan with { Gates = [new GateSpec { Name = "go", Phase = GatePhase.BeforeInstall, Kind = GateKind.Manual, Role = "plant" }] };
        var waits = UpdateMachine.Next(Assign(plan).Next, UpdateSpace.Said(1, AgentEvent.Downloaded), Context(plan)).Next;
        var open = UpdateMachine.Next(waits, Word(waits, GateWord.Open), Context(plan)).Next;
        Assert.Equal(UpdatePermit.Commit, UpdateOffers.Of(open, Context(plan))!.Permit);
        Assert.Equal(UpdatePermit.Download, UpdateOffers.Of(open, Context(plan, now: later))!.Permit);
    }

    [Fact]
    public void A_dependency_that_is_met_lets_a_device_wait_for_room_for_as_long_as_it_takes()
    {
        var plan = Plan with { Gates = [new GateSpec { Name = "first", Phase = GatePhase.BeforeOffer, Kind = GateKind.Dependency, Rollout = "r0" }] };
        var update = UpdateMachine.Assign(null, UpdateSpace.Assignment with { IsGranted = false }, Context(plan)).Move!.Value.Next;
        update = UpdateMachine.Next(update, Word(update, GateWord.Open, "engine"), Context(plan)).Next;
        for (var now = update.Due!.Value; now < UpdateSpace.Start.AddDays(2); now = update.Due!.Value)
        {
            var move = UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), Context(plan, now: now));
            Assert.True(move.Next.IsReady);
            update = move.Effects.Count == 0 ? move.Next : UpdateMachine.Next(move.Next, Word(move.Next, GateWord.Open, "engine"), Context(plan, now: now)).Next;
        }

        Assert.Equal((UpdateStatus.Gated, true), (update.Status, update.IsReady));
    }

    [Fact]
    public void A_lease_that_ends_behind_a_device_that_soaks_leaves_it_and_a_denial_takes_it_back()
    {
        var plan = Plan with { Gates = [Commit], Health = new HealthRule { Soak = TimeSpan.FromHours(3), MaxRestarts = 1 } };
        var soaks = Soaks(plan);
        var looked = UpdateMachine.Next(soaks, new UpdateSignal.DeadlinePassed(), Context(plan, "2.0.0", UpdateSpace.Start.AddHours(1))).Next;
        Assert.Equal(UpdateStatus.Soaking, looked.Status);
        Assert.Equal(GateStatus.Expired, looked.Gates!.Value[0].Status);
        Assert.Equal(UpdateStatus.Succeeded, UpdateMachine.Next(looked, new UpdateSignal.DeadlinePassed(), Context(plan, "2.0.0", looked.Deadline)).Next.Status);

        var denied = UpdateMachine.Next(soaks, new UpdateSignal.GateAnswered(soaks.Gates!.Value[0].Key, new GateAnswer(GateWord.Deny, "pat")), Context(plan, "2.0.0")).Next;
        Assert.Equal((UpdateStatus.RollingBack, "GateDenied"), After(denied));
    }

    [Fact]
    public void A_refused_gate_is_not_hidden_by_one_before_it_that_was_passed()
    {
        var plan = Plan with { Gates = [Reroute, Commit], Health = new HealthRule { Soak = TimeSpan.FromHours(3), MaxRestarts = 1 } };
        var soaks = Soaks(plan);
        var lapsed = UpdateMachine.Next(soaks, Word(soaks, GateWord.Deny), Context(plan, "2.0.0")).Next;
        Assert.Equal(UpdateStatus.Soaking, lapsed.Status);
        var denied = UpdateMachine.Next(lapsed, new UpdateSignal.GateAnswered(lapsed.Gates!.Value[1].Key, new GateAnswer(GateWord.Deny, "pat")), Context(plan, "2.0.0")).Next;
        Assert.Equal(UpdateStatus.RollingBack, denied.Status);
    }

    [Fact]
    public void A_device_that_waits_for_its_last_gate_is_asked_for_after_its_soak_and_watched_with_the_same_tolerance()
    {
        var plan = Plan with
        {
            Gates = [new GateSpec { Name = "restored", Phase = GatePhase.AfterVerify, Kind = GateKind.Manual, Role = "plant" }],
            Health = new HealthRule { Soak = TimeSpan.FromHours(3), MaxRestarts = 1, Tolerance = 2 },
        };
        var soaks = Soaks(plan);
        Assert.Null(soaks.Gates);
        var waits = Look(soaks, soaks.Deadline!.Value);
        Assert.Equal((UpdateStatus.Soaking, GateStatus.Requested), (waits.Status, waits.Gates!.Value[0].Status));

        var unwell = Look(waits, waits.Due!.Value, restarts: 5);
        Assert.Equal((UpdateStatus.Soaking, 1), (unwell.Status, unwell.Unwell));
        Assert.Equal(UpdateStatus.RollingBack, Look(unwell, unwell.Due!.Value, restarts: 5).Status);

        var open = UpdateMachine.Next(unwell, Word(unwell, GateWord.Open), Context(plan, "2.0.0", waits.Due)).Next;
        Assert.Equal(UpdateStatus.Soaking, open.Status);
        Assert.Equal(UpdateStatus.Succeeded, Look(open, open.Due!.Value).Status);
        var well = Look(unwell, unwell.Due!.Value);
        Assert.Equal(UpdateStatus.Succeeded, UpdateMachine.Next(well, Word(well, GateWord.Open), Context(plan, "2.0.0", unwell.Due)).Next.Status);

        DeviceUpdate Look(DeviceUpdate update, DateTimeOffset now, int restarts = 0) =>
            UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), UpdateSpace.Context(UpdateSpace.Device("2.0.0", restarts), now, plan)).Next;
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

    private static readonly GateSpec Commit = new() { Name = "commit", Phase = GatePhase.BeforeCommit, Kind = GateKind.Manual, Role = "plant" };

    private static (UpdateStatus, string?) After(DeviceUpdate update) => (update.Status, update.Reason);

    private static UpdateSignal.GateAnswered Word(DeviceUpdate update, GateWord word, string actor = "pat") => new(update.Gates!.Value[0].Key, new GateAnswer(word, actor));

    /// <summary>The device soaks, with every gate that it came to open.</summary>
    private static DeviceUpdate Soaks(DevicePlan plan)
    {
        var update = Assign(plan).Next;
        foreach (var said in new[] { AgentEvent.Installed, AgentEvent.Confirming, AgentEvent.Succeeded })
        {
            foreach (var gate in update.Gates ?? [])
            {
                update = UpdateMachine.Next(update, new UpdateSignal.GateAnswered(gate.Key, new GateAnswer(GateWord.Open, "pat")), Context(plan)).Next;
            }

            update = update.Status == UpdateStatus.Gated ? UpdateMachine.Next(update, new UpdateSignal.Granted(), Context(plan)).Next : update;
            update = UpdateMachine.Next(update, UpdateSpace.Said(1, said), Context(plan, "2.0.0")).Next;
        }

        Assert.Equal(UpdateStatus.Soaking, update.Status);
        return update;
    }

    private static UpdateMove Assign(DevicePlan plan) => UpdateMachine.Assign(null, UpdateSpace.Assignment, Context(plan)).Move!.Value;

    private static DeviceUpdate Offered() => Next(Say(Assign(Plan).Next, GateWord.Open), new UpdateSignal.Granted()).Next;

    private static DeviceUpdate Say(DeviceUpdate update, GateWord word) =>
        Next(update, new UpdateSignal.GateAnswered(update.Gates!.Value[0].Key, new GateAnswer(word, "webhook"))).Next;

    private static UpdateMove Next(DeviceUpdate update, UpdateSignal signal, string version = "1.0.0") => UpdateMachine.Next(update, signal, Context(Plan, version));

    private static UpdateContext Context(DevicePlan plan, string version = "1.0.0", DateTimeOffset? now = null) => UpdateSpace.Context(UpdateSpace.Device(version), now, plan);
}
