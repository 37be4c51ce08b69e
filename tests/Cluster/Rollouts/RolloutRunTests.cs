using Muster.Errors;
using Muster.Fixture;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

public sealed class RolloutRunTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task Every_device_is_updated_group_by_group_and_the_release_is_let_go()
    {
        var site = world.NewSite(40);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Groups = [new GroupSpec { Name = "canary", Percent = 10 }, new GroupSpec { Name = "rest" }] });
        await world.StandsAsync(id, RolloutStatus.Running);
        await Eventually.HoldsAsync("the canary is offered", () => world.Devices.UnderwayOf(id) == 4);
        Assert.Equal(36, world.Targets.CountOf(id, UpdateStatus.Planned));
        Assert.True(world.Releases.IsPinned(id));

        await world.RunToAsync(id, RolloutStatus.Completed);
        var view = await world.ViewAsync(id);
        Assert.Equal((40, 40, 0), (view.Total, view.Counts[UpdateStatus.Succeeded], view.InFlight));
        Assert.Equal([GroupStatus.Passed, GroupStatus.Passed], view.Groups.Select(static group => group.Status));
        Assert.False(world.Releases.IsPinned(id));
        Assert.False(await world.Rollout(id).TickAsync());
    }

    [Fact]
    public async Task Neither_cap_nor_site_budget_is_ever_exceeded_and_everyone_has_a_turn()
    {
        var prefix = world.NewSite(0);
        for (var i = 0; i < 60; i++)
        {
            world.Targets.Register(new TargetCandidate($"{prefix}-{i:000}", $"{prefix}-{i % 3}", false, "P7", "1", "1.0.0", -1));
        }

        var ids = Enumerable.Range(0, 60).Select(i => $"{prefix}-{i:000}");
        var spec = world.Spec(prefix) with
        {
            Target = new RolloutTarget { Condition = "", Devices = [.. ids] },
            MaxInFlight = 5,
            Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = 2 },
        };
        var (id, _) = await world.StartAsync(spec);
        await Eventually.HoldsAsync("the room is used", () => world.Devices.UnderwayOf(id) == 5);

        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(5, world.Targets.MostGranted(id));
        Assert.All(Enumerable.Range(0, 3), i => Assert.InRange(world.Targets.MostGranted(id, $"{prefix}-{i}"), 1, 2));
        Assert.Equal(60, world.Targets.CountOf(id, UpdateStatus.Succeeded));
    }

    [Fact]
    public async Task The_cap_holds_across_lost_coordinators_and_writes_of_unknown_outcome()
    {
        var site = world.NewSite(50);
        var (id, _) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 4 });
        for (var round = 0; round < 8; round++)
        {
            await Eventually.HoldsAsync("room is used", () => world.Devices.UnderwayOf(id) > 0);
            world.Targets.FailAfterNextWrite(new TimeoutException("Nobody knows."));
            await world.Devices.FinishAsync(id, 2);
            await world.DropAsync(id);
        }

        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(4, world.Targets.MostGranted(id));
        Assert.Equal(50, world.Targets.CountOf(id, UpdateStatus.Succeeded));
    }

    [Fact]
    public async Task A_device_that_could_not_be_told_is_told_later_and_one_that_is_gone_is_skipped()
    {
        var site = world.NewSite(6);
        world.Devices.Unknown[$"{site}-000"] = true;
        world.Devices.Busy[$"{site}-001"] = "other";
        world.Devices.Offline[$"{site}-002"] = true;
        var (id, _) = await world.StartAsync(world.Spec(site));
        await Eventually.HoldsAsync("the deleted device is skipped", () => world.Targets.Find(id, $"{site}-000") is { Status: UpdateStatus.Skipped, Reason: "DeviceNotFound" });
        await Eventually.HoldsAsync("the conflict is shown", async () => (await world.ViewAsync(id)).Because == "The rollout other holds 1 of the devices whose turn it is.");
        world.Devices.Busy.TryRemove($"{site}-001", out _);
        world.Devices.Offline.TryRemove($"{site}-002", out _);
        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(5, world.Targets.CountOf(id, UpdateStatus.Succeeded));
    }

    [Fact]
    public async Task Lost_progress_is_found_by_counting()
    {
        var site = world.NewSite(9);
        var (id, _) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 3 });
        await Eventually.HoldsAsync("room is used", () => world.Devices.UnderwayOf(id) == 3);
        await world.DropAsync(id);
        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(3, world.Targets.MostGranted(id));
    }

    [Fact]
    public async Task Devices_with_a_window_ask_for_room_when_their_time_has_come()
    {
        var site = world.NewSite(12);
        var window = new MaintenanceWindow { Rule = "FREQ=DAILY", Duration = TimeSpan.FromHours(2) };
        var (id, _) = await world.StartAsync(world.Spec(site) with { Windows = [window], MaxInFlight = 2 });
        await Eventually.HoldsAsync("all are assigned and two have room", () =>
            world.Targets.CountOf(id, UpdateStatus.Planned) == 0 && world.Targets.CountOf(id, UpdateStatus.Offered) == 2);
        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(2, world.Targets.MostGranted(id));
    }

    [Fact]
    public async Task A_continuous_rollout_takes_in_devices_that_come_later_until_its_time_is_over()
    {
        var site = world.NewSite(3);
        var spec = world.Spec(site) with { Target = new RolloutTarget { Condition = $"tags.site = '{site}'", Continuous = true }, EndsAt = world.Clock.GetUtcNow().AddMinutes(10) };
        var (id, _) = await world.StartAsync(spec);
        await Eventually.HoldsAsync("three are offered", () => world.Devices.UnderwayOf(id) == 3);
        await world.Devices.FinishAsync(id);
        world.Targets.Register(new TargetCandidate($"{site}-999", site, false, "P7", "1", "1.0.0", -1));
        await Eventually.HoldsAsync("the fourth is offered", () => world.Devices.UnderwayOf(id) == 1);
        Assert.Equal(RolloutStatus.Running, (await world.ViewAsync(id)).Status);
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(4, world.Targets.CountOf(id, UpdateStatus.Succeeded));
    }

    [Fact]
    public async Task When_its_time_is_over_what_was_not_offered_is_skipped_and_the_rest_finishes()
    {
        var site = world.NewSite(10);
        var (id, _) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 2, EndsAt = world.Clock.GetUtcNow().AddMinutes(10) });
        await Eventually.HoldsAsync("two are offered", () => world.Targets.CountOf(id, UpdateStatus.Offered) == 2);
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await world.StandsAsync(id, RolloutStatus.Completing);
        await Eventually.HoldsAsync("the planned ones are skipped", () => world.Targets.CountOf(id, UpdateStatus.Skipped) == 8);
        Assert.Equal(2, world.Targets.CountOf(id, UpdateStatus.Offered));
        await world.RunToAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_rate_keeps_devices_back()
    {
        var site = world.NewSite(20);
        var began = TimeProvider.System.GetTimestamp();
        var (id, _) = await world.StartAsync(world.Spec(site) with { Rate = new RolloutRate { PerMinute = 60 } });
        await Eventually.HoldsAsync("six are offered", () => world.Devices.UnderwayOf(id) >= 6);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
        await world.Rollout(id).AbortAsync("olga", "enough", null);
        await world.StandsAsync(id, RolloutStatus.Aborted);
    }

    [Fact]
    public async Task What_nothing_fulfils_and_what_too_many_fulfil_is_refused_before_anything_starts()
    {
        var site = world.NewSite(3);
        var none = world.Rollout($"none-{site}");
        await none.CreateAsync(world.Spec("nowhere"), "ada");
        await none.SubmitAsync("ada", null);
        Assert.Equal("No device fulfils the target's condition.", Refused(await none.StartAsync("olga", null)).Message);

        var many = world.Rollout($"many-{site}");
        await many.CreateAsync(world.Spec(site) with { Target = new RolloutTarget { Condition = $"tags.site = '{site}'", Max = 2 } }, "ada");
        var plan = Assert.IsType<PlanReply.Refused>(await many.PlanAsync(10, null));
        Assert.Equal("More than 2 devices fulfil the target's condition; the rollout allows no more.", plan.Why.Message);
    }

    private static Refusal Refused(RolloutReply reply) => Assert.IsType<RolloutReply.Refused>(reply).Why;
}
