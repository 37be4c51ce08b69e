using Muster.Gates;
using Muster.Rollouts;
using Xunit;

namespace Muster.Updates;

/// <summary>No clock lets an agent do what a gate or an operator holds back.</summary>
public sealed class UpdateHeldTests
{
    private static readonly GateSpec Reboot = new() { Name = "line-is-down", Phase = GatePhase.BeforeReboot, Kind = GateKind.Manual, Role = "plant", Timeout = TimeSpan.FromHours(24) };

    [Fact]
    public void A_device_whose_reboot_is_held_back_does_not_come_to_it_by_time_and_goes_back_once_nobody_will_open()
    {
        var plan = UpdateSpace.Plan with { Gates = [Reboot] };
        var update = Installed(plan, UpdateAgent.Twin);
        Assert.Equal(UpdatePermit.Install, UpdateOffers.PermitOf(update, UpdateSpace.Context(plan: plan)));

        for (var now = update.Deadline!.Value; now < UpdateSpace.Start + Reboot.Timeout; now = update.Due!.Value)
        {
            update = Due(update, plan, now);
            Assert.Equal(UpdateStatus.Installed, update.Status);
        }

        var expired = Due(update, plan, UpdateSpace.Start + Reboot.Timeout);
        Assert.Equal((UpdateStatus.RollingBack, "GateExpired"), (expired.Status, expired.Reason));
    }

    [Theory]
    [InlineData(UpdateAgent.Twin, UpdateStatus.Installed)]
    [InlineData(UpdateAgent.Mender, UpdateStatus.Installed)]
    [InlineData(UpdateAgent.SwUpdate, UpdateStatus.Rebooting)]
    public void A_pause_of_reboots_lasts_until_it_is_lifted_for_agents_that_ask(UpdateAgent agent, UpdateStatus expected)
    {
        var held = UpdateSpace.Next(Installed(UpdateSpace.Plan, agent), new UpdateSignal.Held(PauseLevel.Reboots), UpdateSpace.Device()).Next;

        Assert.Equal(expected, Due(held, UpdateSpace.Plan, held.Deadline!.Value).Status);
        Assert.Equal(UpdateStatus.Rebooting, Due(held with { Hold = PauseLevel.None }, UpdateSpace.Plan, held.Deadline!.Value).Status);
    }

    [Fact]
    public void A_device_that_may_not_commit_yet_is_not_taken_back_for_not_having_committed()
    {
        var plan = UpdateSpace.Plan with { Gates = [Reboot with { Phase = GatePhase.BeforeCommit }] };
        var update = Begun(plan);
        update = UpdateMachine.Next(update, UpdateSpace.Said(update.WireId, AgentEvent.Confirming, UpdateAgent.Mender), UpdateSpace.Context(plan: plan)).Next;

        var later = Due(update, plan, update.Deadline!.Value);

        Assert.Equal(UpdateStatus.Verifying, later.Status);
        Assert.True(later.Deadline > update.Deadline);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_next_try_asks_its_gates_anew_once_whoever_opened_those_of_the_last_has_heard_of_its_end(bool isHeardFirst)
    {
        var plan = UpdateSpace.Plan with { Gates = [new GateSpec { Name = "reroute", Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/reroute" }] };
        var asked = Begun(plan);
        var key = asked.Gates!.Value[0].Key;
        var offered = Next(Say(asked, key, GateWord.Open, plan), new UpdateSignal.Granted(), plan).Next;
        var installing = Next(offered, UpdateSpace.Said(offered.WireId, AgentEvent.Installing), plan).Next;

        // Its lease ends while it installs.
        var late = Due(installing, plan, UpdateSpace.Start.AddMinutes(29));
        var failed = UpdateMachine.Next(late, UpdateSpace.Said(offered.WireId, AgentEvent.Failed), UpdateSpace.Context(now: UpdateSpace.Start.AddMinutes(50), plan: plan));
        Assert.Equal((UpdateStatus.Eligible, 2), (failed.Next.Status, failed.Next.Attempt));
        Assert.Equal(GateEffect.Close, Assert.Single(failed.Effects).Effect);

        var next = isHeardFirst ? Say(failed.Next, key, GateWord.Closed, plan) : failed.Next;
        next = Due(next, plan, failed.Next.LookAt!.Value);
        Assert.Equal((UpdateStatus.Gated, isHeardFirst), (next.Status, next.Gates!.Value.Any(gate => gate.Status == GateStatus.Requested)));

        next = isHeardFirst ? next : Say(next, key, GateWord.Closed, plan);
        var again = Assert.Single(next.Gates!.Value);
        Assert.Equal((GateStatus.Requested, false), (again.Status, again.Key == key));
        Assert.True(Say(next, again.Key, GateWord.Open, plan).IsReady);
    }

    [Fact]
    public void The_words_of_a_failure_that_come_behind_it_are_kept_and_end_at_some_time()
    {
        var update = UpdateSpace.Next(UpdateSpace.Begun(plan: UpdateSpace.Plan with { Retry = RetryRule.None }), UpdateSpace.Said(1, AgentEvent.Succeeded), UpdateSpace.Device("2.0.0")).Next;
        var log = new UpdateSignal.Reported(new AgentReport { WireId = update.WireId, Event = AgentEvent.Log, Agent = UpdateAgent.Mender, Message = "ERROR: the image is for another board" });

        var noted = UpdateSpace.Next(update, log, UpdateSpace.Device("2.0.0"));
        Assert.Contains("another board", Assert.Single(noted.Steps).Evidence, StringComparison.Ordinal);

        for (var i = 0; i < 200; i++)
        {
            update = UpdateSpace.Next(update, log, UpdateSpace.Device("2.0.0")).Next;
        }

        Assert.Empty(UpdateSpace.Next(update, log, UpdateSpace.Device("2.0.0")).Steps);
    }

    [Fact]
    public void A_hub_that_was_away_finds_nobody_unwell_for_its_own_silence()
    {
        var plan = UpdateSpace.Plan with { Health = new HealthRule { Soak = TimeSpan.FromMinutes(1), Heartbeat = TimeSpan.FromMinutes(1), Tolerance = 1 } };
        var soaking = UpdateMachine.Next(UpdateSpace.Begun(plan: plan), UpdateSpace.Said(1, AgentEvent.Succeeded), UpdateSpace.Context(UpdateSpace.Device("2.0.0"), plan: plan)).Next;
        Assert.Equal(UpdateStatus.Soaking, soaking.Status);
        var back = soaking.Since.AddMinutes(10);
        var context = UpdateSpace.Context(UpdateSpace.Device("2.0.0"), back, plan) with { GraceUntil = back.AddMinutes(2) };

        Assert.Equal(UpdateStatus.Soaking, UpdateMachine.Next(soaking, new UpdateSignal.DeadlinePassed(), context).Next.Status);
        Assert.Equal(UpdateStatus.RollingBack, UpdateMachine.Next(soaking, new UpdateSignal.DeadlinePassed(), context with { GraceUntil = back }).Next.Status);
    }

    private static DeviceUpdate Say(DeviceUpdate update, string key, GateWord word, DevicePlan plan) =>
        Next(update, new UpdateSignal.GateAnswered(key, new GateAnswer(word, "webhook", TimeSpan.FromMinutes(45))), plan).Next;

    private static UpdateMove Next(DeviceUpdate update, UpdateSignal signal, DevicePlan plan) => UpdateMachine.Next(update, signal, UpdateSpace.Context(plan: plan));

    private static DeviceUpdate Begun(DevicePlan plan) => UpdateSpace.Begun(plan: plan);

    private static DeviceUpdate Installed(DevicePlan plan, UpdateAgent agent)
    {
        var update = Begun(plan);
        return UpdateMachine.Next(update, UpdateSpace.Said(update.WireId, AgentEvent.Installed, agent), UpdateSpace.Context(plan: plan)).Next;
    }

    private static DeviceUpdate Due(DeviceUpdate update, DevicePlan plan, DateTimeOffset now) =>
        UpdateMachine.Next(update, new UpdateSignal.DeadlinePassed(), UpdateSpace.Context(now: now, plan: plan)).Next;
}
