using Muster.Errors;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

public sealed class RolloutPinTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task A_rollout_that_is_withdrawn_before_its_time_lets_its_release_go()
    {
        var site = world.NewSite(1);
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { StartsAt = TimeProvider.System.GetUtcNow().AddDays(1) });
        Assert.True(world.Releases.IsPinned(id));
        Assert.Equal(RolloutStatus.Withdrawn, Found(await rollout.WithdrawAsync("ada", null)).Status);
        Assert.False(world.Releases.IsPinned(id));
    }

    [Fact]
    public async Task A_release_that_as_many_hold_as_may_is_a_refusal_and_the_rollout_can_be_started_later()
    {
        var site = world.NewSite(1);
        var rollout = world.Rollout($"pin-{site}");
        Found(await rollout.CreateAsync(world.Spec(site) with { Release = "fw@3.0.0" }, "ada"));
        Found(await rollout.SubmitAsync("ada", null));
        world.Releases.Full["fw@3.0.0"] = true;
        var why = Assert.IsType<RolloutReply.Refused>(await rollout.StartAsync("olga", null)).Why;
        Assert.Equal((HubErrorCode.ReleasePinned, "The release fw@3.0.0 is held by 256 already."), (why.Code, why.Message));
        Assert.Equal(RolloutStatus.Approved, (await world.ViewAsync($"pin-{site}")).Status);

        world.Releases.Full.Clear();
        Found(await rollout.StartAsync("olga", null));
        await world.RunToAsync($"pin-{site}", RolloutStatus.Completed);
    }
}
