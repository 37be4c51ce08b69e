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

    [Fact]
    public async Task What_was_approved_and_not_started_within_fourteen_days_has_to_be_approved_anew()
    {
        var site = world.NewSite(1);
        var (id, rollout) = ($"stale-{site}", world.Rollout($"stale-{site}"));
        Found(await rollout.CreateAsync(world.Spec(site) with { Approvals = [new ApprovalStep { Role = "lead", ExpiresAfter = TimeSpan.FromDays(30) }] }, "ada"));
        var review = Found(await rollout.SubmitAsync("ada", null));
        Assert.Equal(RolloutStatus.Approved, Found(await rollout.DecideAsync("lea", ["lead"], review.PlanHash!, true, null)).Status);

        world.Clock.Advance(TimeSpan.FromDays(14) + TimeSpan.FromMinutes(1));
        await world.StandsAsync(id, RolloutStatus.InReview);

        Assert.IsType<RolloutReply.Refused>(await rollout.StartAsync("olga", null));
        Found(await rollout.DecideAsync("lea", ["lead"], review.PlanHash!, true, null));
        Found(await rollout.StartAsync("olga", null));
    }

    [Fact]
    public async Task A_submission_that_a_fault_cut_short_is_brought_to_its_end_by_the_next()
    {
        var site = world.NewSite(1);
        var (id, rollout) = ($"cut-{site}", world.Rollout($"cut-{site}"));
        Found(await rollout.CreateAsync(world.Spec(site), "ada"));
        world.FailWriteOnce(id, "Nobody has to approve.");
        await Assert.ThrowsAnyAsync<Exception>(() => rollout.SubmitAsync("ada", null));
        await world.DropAsync(id);
        Assert.Equal(RolloutStatus.InReview, (await world.ViewAsync(id)).Status);

        Assert.Equal(RolloutStatus.Approved, Found(await rollout.SubmitAsync("ada", null)).Status);
    }
}
