using Muster.Errors;
using Muster.Fixture;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

public sealed class RolloutOperatorTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task Duties_are_split_three_ways()
    {
        var site = world.NewSite(1);
        var rollout = world.Rollout($"duties-{site}");
        await rollout.CreateAsync(world.Spec(site) with { Approvals = [new ApprovalStep { Role = "lead" }] }, "ada");
        var review = Found(await rollout.SubmitAsync("ada", null));
        Assert.Equal(RolloutStatus.InReview, review.Status);
        Assert.Equal(HubErrorCode.RolloutStateInvalid, Refused(await rollout.StartAsync("olga", null)).Code);
        Assert.Equal(HubErrorCode.NotYourTurn, Refused(await rollout.DecideAsync("ada", ["lead"], review.PlanHash!, true, null)).Code);
        Assert.Equal(HubErrorCode.PlanChanged, Refused(await rollout.DecideAsync("lea", ["lead"], "other", true, null)).Code);
        Assert.Equal(RolloutStatus.Approved, Found(await rollout.DecideAsync("lea", ["lead"], review.PlanHash!, true, "fine")).Status);
        Assert.Equal(RolloutStatus.Approved, Found(await rollout.DecideAsync("lea", ["lead"], review.PlanHash!, true, "fine")).Status);
        Assert.Equal(HubErrorCode.NotYourTurn, Refused(await rollout.StartAsync("ada", null)).Code);
        Assert.Equal(HubErrorCode.NotYourTurn, Refused(await rollout.StartAsync("lea", null)).Code);
        Found(await rollout.StartAsync("olga", null));
        await world.RunToAsync($"duties-{site}", RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_change_of_the_plan_voids_what_was_approved_and_an_old_etag_changes_nothing()
    {
        var site = world.NewSite(1);
        var rollout = world.Rollout($"edit-{site}");
        var draft = Found(await rollout.CreateAsync(world.Spec(site), "ada"));
        var approved = Found(await rollout.SubmitAsync("ada", draft.ETag));
        Assert.Equal(RolloutStatus.Approved, approved.Status);
        Assert.Equal(HubErrorCode.PreconditionFailed, Refused(await rollout.UpdateAsync(world.Spec(site), "bob", draft.ETag)).Code);

        var edited = Found(await rollout.UpdateAsync(world.Spec(site) with { MaxInFlight = 1 }, "bob", approved.ETag));
        Assert.Equal((RolloutStatus.Draft, "bob", null), (edited.Status, edited.Author, edited.PlanHash));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Refused(await rollout.UpdateAsync(world.Spec(site) with { MaxInFlight = 0 }, "bob", null)).Code);
        Assert.Equal(HubErrorCode.RolloutAlreadyExists, Refused(await rollout.CreateAsync(world.Spec(site), "ada")).Code);
        Assert.Equal(RolloutStatus.Withdrawn, Found(await rollout.WithdrawAsync("bob", null)).Status);
    }

    [Fact]
    public async Task What_is_scheduled_waits_for_its_time_and_begins_by_itself_after_a_restart()
    {
        var site = world.NewSite(2);
        var (id, _) = await world.StartAsync(world.Spec(site) with { StartsAt = world.Clock.GetUtcNow().AddMinutes(10) });
        Assert.Equal(RolloutStatus.Scheduled, (await world.ViewAsync(id)).Status);
        await world.DropAsync(id);
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await world.RunToAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task A_pause_stops_offers_and_tells_devices_how_far_they_may_go()
    {
        var site = world.NewSite(6);
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 2 });
        await Eventually.HoldsAsync("two are offered", () => world.Devices.UnderwayOf(id) == 2);
        Assert.Equal(PauseLevel.Installs, Found(await rollout.PauseAsync("olga", PauseLevel.Installs, null)).Pause);
        await Eventually.HoldsAsync("both are told", () => Told(site, "hold Installs") == 2);
        await world.Devices.FinishAsync(id);
        await world.DropAsync(id);
        Assert.True(await rollout.TickAsync());
        Assert.True(await rollout.TickAsync());
        Assert.Equal((0, 4), (world.Devices.UnderwayOf(id), world.Targets.CountOf(id, UpdateStatus.Planned)));

        Assert.Equal(RolloutStatus.Running, Found(await rollout.ResumeAsync("olga", null)).Status);
        await world.RunToAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task An_abort_ends_what_waits_cancels_what_can_be_and_lets_the_rest_finish()
    {
        var site = world.NewSite(8);
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 3 });
        await Eventually.HoldsAsync("three are offered", () => world.Targets.CountOf(id, UpdateStatus.Offered) == 3);
        var installing = (await rollout.ListMembersAsync(UpdateStatus.Offered, null, 1))[0].DeviceId;
        await world.Devices.AdvanceAsync(id, installing, UpdateStatus.Installing);

        Assert.Equal(RolloutStatus.Aborting, Found(await rollout.AbortAsync("olga", "leak", null)).Status);
        await Eventually.HoldsAsync("all others are canceled", () => world.Targets.CountOf(id, UpdateStatus.Canceled) == 7);
        Assert.Equal(RolloutStatus.Aborting, (await world.ViewAsync(id)).Status);
        await world.RunToAsync(id, RolloutStatus.Aborted);
        Assert.Equal("leak", (await world.ViewAsync(id)).Because);
        Assert.Equal(UpdateStatus.Succeeded, world.Targets.Find(id, installing)!.Status);
    }

    [Fact]
    public async Task A_group_that_pauses_after_its_end_waits_for_an_operator()
    {
        var site = world.NewSite(4);
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { Groups = [new GroupSpec { Name = "canary", Count = 1, PausesAfter = true }, new GroupSpec { Name = "rest" }] });
        await world.RunToAsync(id, RolloutStatus.Holding);
        Assert.Equal("Group 'canary' is done; an operator lets the next one open.", (await world.ViewAsync(id)).Because);
        await rollout.ResumeAsync("olga", null);
        await world.RunToAsync(id, RolloutStatus.Completed);
    }

    [Fact]
    public async Task The_list_has_the_newest_first_and_goes_on_behind_a_page()
    {
        var site = world.NewSite(1);
        await world.Rollout($"a-{site}").CreateAsync(world.Spec(site), "ada");
        await world.Rollout($"b-{site}").CreateAsync(world.Spec(site), "ada");
        Assert.Equal($"b-{site}", (await world.Rollouts.ListAsync(null, 1)).Single().Id);
        Assert.Equal($"a-{site}", (await world.Rollouts.ListAsync($"b-{site}", 1)).Single().Id);
    }

    private int Told(string site, string what) => world.Devices.Told.Where(told => told.DeviceId.StartsWith(site, StringComparison.Ordinal) && told.What == what).Distinct().Count();

    private static Refusal Refused(RolloutReply reply) => Assert.IsType<RolloutReply.Refused>(reply).Why;
}
