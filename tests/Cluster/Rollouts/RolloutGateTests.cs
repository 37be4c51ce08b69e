using System.Collections.Immutable;
using Muster.Fixture;
using Muster.Gates;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

/// <summary>Gates that a rollout keeps: its own, its groups' and its sites', with its activation lost on the way.</summary>
public sealed class RolloutGateTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task Nothing_is_offered_before_the_rollouts_gate_is_open_and_it_is_not_completed_before_the_last_one_and_every_close_out()
    {
        var site = world.NewSite(6);
        var (id, grain) = await world.StartAsync(world.Spec(site) with { Gates = [Gate("agreed", GateScope.Rollout), Gate("handover", GateScope.Rollout) with { Phase = GatePhase.AfterVerify }] });
        var ask = await CallAsync(id, GateEffect.Ask, "agreed");
        await world.StandsAsync(id, RolloutStatus.Running);
        Assert.StartsWith("It waits for the gate agreed since ", (await world.ViewAsync(id)).Because, StringComparison.Ordinal);

        await world.DropAsync(id);
        Assert.Equal(GateStatus.Requested, Assert.Single(await Gates(id).ListGatesAsync()).Status);
        Assert.Equal(0, world.Devices.UnderwayOf(id));
        await SayAsync(ask, GateWord.Open);
        await Eventually.HoldsAsync("all are offered", () => world.Devices.UnderwayOf(id) == 6);

        await world.RunToAsync(id, RolloutStatus.Completing);
        var last = await CallAsync(id, GateEffect.Ask, "handover");
        Assert.Equal(RolloutStatus.Completing, (await world.ViewAsync(id)).Status);
        await world.DropAsync(id);
        await SayAsync(last, GateWord.Open);

        await CloseAsync(id, "agreed");
        await CallAsync(id, GateEffect.Close, "handover");
        Assert.Equal(RolloutStatus.Completing, (await world.ViewAsync(id)).Status);
        await CloseAsync(id, "handover");
        await world.StandsAsync(id, RolloutStatus.Completed);
        Assert.Empty(await Gates(id).ListGatesAsync());
        Assert.False(await grain.TickAsync());
    }

    [Fact]
    public async Task A_rollout_whose_gate_is_denied_holds_and_is_asked_anew_when_it_is_resumed()
    {
        var site = world.NewSite(3);
        var (id, grain) = await world.StartAsync(world.Spec(site) with { Gates = [Gate("agreed", GateScope.Rollout)] });
        var first = await CallAsync(id, GateEffect.Ask, "agreed");
        await world.StandsAsync(id, RolloutStatus.Running);
        await SayAsync(first, GateWord.Deny);
        await world.StandsAsync(id, RolloutStatus.Holding);
        Assert.Equal("The gate agreed was denied by webhook.", (await world.ViewAsync(id)).Because);
        Assert.Equal(0, world.Devices.UnderwayOf(id));

        await world.DropAsync(id);
        Found(await grain.ResumeAsync("olga", null));
        await Eventually.HoldsAsync("it is asked anew", () => world.Calls.Of(id, GateEffect.Ask).Count == 2);
        await SayAsync(world.Calls.Of(id, GateEffect.Ask)[1], GateWord.Open);
        await world.RunToAsync(id, RolloutStatus.Completing);
        await CloseAllAsync(id);
        await world.StandsAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_rollout_that_is_not_taken_over_in_the_end_is_completed_with_failures()
    {
        var site = world.NewSite(1);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Gates = [Gate("handover", GateScope.Rollout) with { Phase = GatePhase.AfterVerify }] });
        await world.RunToAsync(id, RolloutStatus.Completing);
        await SayAsync(await CallAsync(id, GateEffect.Ask, "handover"), GateWord.Deny);
        await CloseAllAsync(id);
        await world.StandsAsync(id, RolloutStatus.CompletedWithFailures);
        Assert.Equal("The gate handover was denied by webhook.", (await world.ViewAsync(id)).Because);
    }

    [Fact]
    public async Task A_group_opens_with_its_gate_and_passes_once_its_close_out_was_heard()
    {
        var site = world.NewSite(10);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Groups = [new GroupSpec { Name = "canary", Count = 2 }, new GroupSpec { Name = "rest" }], Gates = [Gate("ready", GateScope.Group)] });
        var canary = await CallAsync(id, GateEffect.Ask, "ready");
        Assert.Equal((0, 0), (canary.Group, world.Devices.UnderwayOf(id)));
        Assert.Equal("canary", Assert.Single(await Gates(id).ListGatesAsync()).Group);

        await world.DropAsync(id);
        await SayAsync(canary, GateWord.Open);
        await Eventually.HoldsAsync("the canary is offered", () => world.Devices.UnderwayOf(id) == 2);
        await FinishAsync(id, closes: 1);
        var close = await CallAsync(id, GateEffect.Close, "ready");
        await world.DropAsync(id);
        Assert.Equal([GroupStatus.Draining, GroupStatus.Pending], (await world.ViewAsync(id)).Groups.Select(static group => group.Status));
        Assert.Single(world.Calls.Of(id, GateEffect.Ask));

        await SayAsync(close, GateWord.Closed);
        await Eventually.HoldsAsync("the next group's gate is asked for", () => world.Calls.Of(id, GateEffect.Ask).Count == 2);
        Assert.Equal(GroupStatus.Passed, (await world.ViewAsync(id)).Groups[0].Status);
        await SayAsync(world.Calls.Of(id, GateEffect.Ask)[1], GateWord.Open);
        await Eventually.HoldsAsync("the rest is offered", () => world.Devices.UnderwayOf(id) == 8);
        await FinishAsync(id, closes: 2);
        await CloseAllAsync(id);
        await world.StandsAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_group_whose_gate_is_denied_holds_the_rollout_and_is_gated_anew_when_it_is_resumed()
    {
        var site = world.NewSite(4);
        var (id, grain) = await world.StartAsync(world.Spec(site) with { Gates = [Gate("ready", GateScope.Group)] });
        await world.StandsAsync(id, RolloutStatus.Running);
        await SayAsync(await CallAsync(id, GateEffect.Ask, "ready"), GateWord.Deny);
        await world.StandsAsync(id, RolloutStatus.Holding);
        Found(await grain.ResumeAsync("olga", null));
        await world.DropAsync(id);
        await Eventually.HoldsAsync("it is asked anew", () => world.Calls.Of(id, GateEffect.Ask).Count == 2);
        Assert.Equal((GroupStatus.Gated, 0), ((await world.ViewAsync(id)).Groups[0].Status, world.Devices.UnderwayOf(id)));
        await SayAsync(world.Calls.Of(id, GateEffect.Ask)[1], GateWord.Open);
        await Eventually.HoldsAsync("the group is offered", () => world.Devices.UnderwayOf(id) == 4);
    }

    [Fact]
    public async Task Each_site_is_asked_for_before_its_first_device_and_told_when_none_is_under_way()
    {
        var (spec, prefix) = Sited(2, 3, maxInFlight: 4);
        var (id, _) = await world.StartAsync(spec);
        await Eventually.HoldsAsync("both sites are asked for", () => world.Calls.Of(id, GateEffect.Ask).Count == 2);
        Assert.Equal([$"{prefix}-0", $"{prefix}-1"], world.Calls.Of(id, GateEffect.Ask).Select(static call => call.Site).Order());
        Assert.Equal(0, world.Devices.UnderwayOf(id));

        await world.DropAsync(id);
        await SayAsync(world.Calls.Of(id, GateEffect.Ask).First(call => call.Site == $"{prefix}-1"), GateWord.Open);
        await Eventually.HoldsAsync("the site's devices are offered", () => world.Devices.UnderwayOf(id) == 3);
        Assert.All(world.Devices.Assigned.Where(assigned => assigned.Rollout == id), assigned => Assert.True(assigned.IsGranted));
        Assert.Equal(0, world.Targets.MostGranted(id, $"{prefix}-0"));
        Assert.Empty(world.Calls.Of(id, GateEffect.Close));

        await world.DropAsync(id);
        await FinishAsync(id, closes: 1);
        Assert.Equal($"{prefix}-1", (await CallAsync(id, GateEffect.Close, "reroute")).Site);
        await SayAsync(world.Calls.Of(id, GateEffect.Ask).First(call => call.Site == $"{prefix}-0"), GateWord.Open);
        await world.RunToAsync(id, RolloutStatus.Completing);
        await CloseAllAsync(id);
        await world.StandsAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_site_that_denies_is_left_out_and_the_others_go_on()
    {
        var (spec, prefix) = Sited(2, 3, maxInFlight: null);
        var (id, _) = await world.StartAsync(spec);
        await Eventually.HoldsAsync("both sites are asked for", () => world.Calls.Of(id, GateEffect.Ask).Count == 2);
        await SayAsync(world.Calls.Of(id, GateEffect.Ask).First(call => call.Site == $"{prefix}-0"), GateWord.Deny);
        await Eventually.HoldsAsync("the site is left out", () => world.Targets.CountOf(id, UpdateStatus.Skipped) == 3);
        await SayAsync(world.Calls.Of(id, GateEffect.Ask).First(call => call.Site == $"{prefix}-1"), GateWord.Open);
        await world.RunToAsync(id, RolloutStatus.Completing);
        Assert.Equal(3, world.Targets.CountOf(id, UpdateStatus.Succeeded));
        await CloseAllAsync(id);
        await world.StandsAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_plan_of_too_many_sites_is_refused_before_anything_happens()
    {
        var (spec, _) = Sited(501, 1, maxInFlight: null);
        var grain = world.Rollout($"r-{Guid.NewGuid():N}"[..20]);
        Found(await grain.CreateAsync(spec with { Gates = [Gate("reroute", GateScope.Site), Gate("crew", GateScope.Site)] }, "ada"));
        Assert.Contains("501 sites", Assert.IsType<PlanReply.Refused>(await grain.PlanAsync(0, null)).Why.Message, StringComparison.Ordinal);
        Found(await grain.UpdateAsync(spec, "ada", null));
        Assert.IsType<PlanReply.Found>(await grain.PlanAsync(0, null));
    }

    [Fact]
    public async Task A_rollout_that_nobody_hears_of_says_so_while_it_ends_and_an_operator_lets_it()
    {
        var (spec, _) = Sited(1, 2, maxInFlight: null);
        var (id, grain) = await world.StartAsync(spec with { Gates = [Gate("reroute", GateScope.Site), Gate("agreed", GateScope.Rollout)] });
        var agreed = await CallAsync(id, GateEffect.Ask, "agreed");
        Assert.IsType<GateReply.Refused>(await Gates(id).AnswerGateAsync(agreed.Key, new GateAnswer(GateWord.Closed, "olga", Evidence: "Rang them.")));
        await SayAsync(agreed, GateWord.Open);
        await CallAsync(id, GateEffect.Ask, "reroute");
        Found(await grain.AbortAsync("olga", "enough", null));
        await CallAsync(id, GateEffect.Close, "agreed");
        var site = await CallAsync(id, GateEffect.Close, "reroute");
        await Eventually.HoldsAsync("it says what it waits for", async () => (await world.ViewAsync(id)).Because is { } because && because.Contains("until whoever opened the gate", StringComparison.Ordinal));

        await world.DropAsync(id);
        foreach (var call in new[] { agreed, site })
        {
            Assert.IsType<GateReply.Accepted>(await Gates(id).AnswerGateAsync(call.Key, new GateAnswer(GateWord.Closed, "olga", Evidence: "Rang them.")));
        }

        await world.StandsAsync(id, RolloutStatus.Aborted);
        Assert.Equal("enough", (await world.ViewAsync(id)).Because);
    }

    private (RolloutSpec Spec, string Prefix) Sited(int sites, int devices, int? maxInFlight)
    {
        var prefix = world.NewSite(0);
        string[] ids = [.. Enumerable.Range(0, sites * devices).Select(i => $"{prefix}-{i:000}")];
        for (var i = 0; i < ids.Length; i++)
        {
            world.Targets.Register(new TargetCandidate(ids[i], $"{prefix}-{i % sites}", false, "P7", "1", "1.0.0", -1));
        }

        return (world.Spec(prefix) with
        {
            Target = new RolloutTarget { Condition = "", Devices = [.. ids] },
            MaxInFlight = maxInFlight,
            Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = 10 },
            Gates = [Gate("reroute", GateScope.Site)],
        }, prefix);
    }

    private static GateSpec Gate(string name, GateScope scope) => new() { Name = name, Scope = scope, Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/gate" };

    private IRolloutGatesGrain Gates(string id) => world.Gates(id);

    private async Task<GateCall> CallAsync(string id, GateEffect effect, string name)
    {
        await Eventually.HoldsAsync($"{name} is told to {effect}", () => world.Calls.Of(id, effect).Any(call => call.Spec.Name == name));
        return world.Calls.Of(id, effect).First(call => call.Spec.Name == name);
    }

    /// <summary>Lets devices end until so many gates are told that it is over.</summary>
    private Task FinishAsync(string id, int closes) => Eventually.HoldsAsync($"{closes} gates are told to close", async () =>
    {
        await world.Devices.FinishAsync(id);
        return world.Calls.Of(id, GateEffect.Close).Count == closes;
    });

    private async Task SayAsync(GateCall call, GateWord word) =>
        Assert.IsType<GateReply.Accepted>(await Gates(call.Rollout).AnswerGateAsync(call.Key, new GateAnswer(word, "webhook")));

    private async Task CloseAsync(string id, string name) => await SayAsync(await CallAsync(id, GateEffect.Close, name), GateWord.Closed);

    /// <summary>Whoever is told that a gate is over has heard it, until there is none.</summary>
    private Task CloseAllAsync(string id) => Eventually.HoldsAsync("all is closed", async () =>
    {
        foreach (var call in world.Calls.Of(id, GateEffect.Close))
        {
            await Gates(id).AnswerGateAsync(call.Key, new GateAnswer(GateWord.Closed, "webhook"));
        }

        return (await Gates(id).ListGatesAsync()).IsEmpty && (await world.ViewAsync(id)).Status.IsFinal();
    });
}
