using Muster.Fixture;
using Orleans.Core.Internal;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

public sealed class RolloutLapseTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task What_nobody_approved_in_time_expires_though_nobody_asks_for_it_and_all_was_restarted()
    {
        var site = world.NewSite(1);
        var (id, rollout) = ($"lapse-{site}", world.Rollout($"lapse-{site}"));
        var soon = new ApprovalStep { Role = "lead", ExpiresAfter = TimeSpan.FromMinutes(10) };
        Found(await rollout.CreateAsync(world.Spec(site) with { Approvals = [soon, soon with { Role = "safety", ExpiresAfter = TimeSpan.FromHours(1) }] }, "ada"));
        var review = Found(await rollout.SubmitAsync("ada", null));
        Found(await rollout.DecideAsync("lea", ["lead"], review.PlanHash!, true, null));
        await world.DropAsync(id);
        await world.Rollouts.Cast<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);

        // The first step's time is over, and nobody waits for it any more.
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await world.Rollouts.TickAsync();
        Assert.Equal(RolloutStatus.InReview, (await world.ViewAsync(id)).Status);

        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.StandsAsync(id, RolloutStatus.Expired);
        Assert.Equal("It was not approved in time.", (await world.ViewAsync(id)).Because);
    }
}
