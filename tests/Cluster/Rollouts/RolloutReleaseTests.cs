using Muster.Errors;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

/// <summary>What becomes of a rollout when its releases change, and what it keeps for those who may have to go back.</summary>
public sealed class RolloutReleaseTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task A_withdrawn_release_stops_the_rollout_before_further_devices_install_it()
    {
        var site = world.NewSite(4);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Release = "fw@4.0.0", MaxInFlight = 1 });
        await world.StandsAsync(id, RolloutStatus.Running);

        world.Releases.Withdrawn["fw@4.0.0"] = true;

        await world.StandsAsync(id, RolloutStatus.Aborting, RolloutStatus.Aborted);
        await world.RunToAsync(id, RolloutStatus.Aborted);
        Assert.Equal("The release fw@4.0.0 was withdrawn.", (await world.ViewAsync(id)).Because);
        Assert.True(world.Targets.CountOf(id, UpdateStatus.Succeeded) < 4);
    }

    [Fact]
    public async Task What_was_scheduled_does_not_begin_with_a_withdrawn_release()
    {
        var site = world.NewSite(1);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Release = "fw@5.0.0", StartsAt = TimeProvider.System.GetUtcNow().AddYears(1) });
        world.Releases.Withdrawn["fw@5.0.0"] = true;
        await world.StandsAsync(id, RolloutStatus.Aborted);
    }

    [Fact]
    public async Task A_deprecated_release_is_not_planned_anew_and_one_under_way_goes_on()
    {
        var site = world.NewSite(1);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Release = "fw@6.0.0" });
        world.Releases.Deprecated["fw@6.0.0"] = true;
        await world.RunToAsync(id, RolloutStatus.Completed);

        var refused = Assert.IsType<RolloutReply.Refused>(await world.Rollout($"new-{site}").CreateAsync(world.Spec(site) with { Release = "fw@6.0.0" }, "ada"));
        Assert.Equal(HubErrorCode.ReleaseNotFound, refused.Why.Code);
    }

    [Fact]
    public async Task What_devices_may_go_back_to_cannot_be_deleted_until_the_rollout_is_over_nor_while_it_is_taken_back()
    {
        var site = world.NewSite(2);
        var (id, rollout) = await world.StartAsync(world.Spec(site));
        await world.StandsAsync(id, RolloutStatus.Running);
        Assert.All(["fw@1.0.0", "fw@1.5.0", "fw@2.0.0"], release => Assert.True(world.Releases.IsPinned(release, id)));

        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.False(world.Releases.IsPinned(id));

        Found(await rollout.RollBackAsync("olga", "smoke", null));
        await world.StandsAsync($"{id}-rollback", RolloutStatus.Running);
        Assert.True(world.Releases.IsPinned("fw@1.5.0", $"{id}-rollback"));
        await world.RunToAsync($"{id}-rollback", RolloutStatus.Completed);
        await world.StandsAsync(id, RolloutStatus.RolledBack);
        Assert.False(world.Releases.IsPinned(id) || world.Releases.IsPinned($"{id}-rollback"));
    }

    [Fact]
    public async Task Another_golden_release_than_the_one_that_was_approved_needs_a_new_approval()
    {
        var site = world.NewSite(1);
        var rollout = world.Rollout($"golden-{site}");
        Found(await rollout.CreateAsync(world.Spec(site), "ada"));
        Found(await rollout.SubmitAsync("ada", null));
        world.Releases.Golden = "fw@0.9.0";

        var refused = Assert.IsType<RolloutReply.Refused>(await rollout.StartAsync("olga", null));

        world.Releases.Golden = "fw@1.0.0";
        Assert.Equal(HubErrorCode.PlanChanged, refused.Why.Code);
        Found(await rollout.StartAsync("olga", null));
    }
}
