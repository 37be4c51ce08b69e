using Muster.Fixture;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

public sealed class RolloutHaltTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task A_halt_holds_new_offers_and_an_operator_lets_it_be_counted_anew()
    {
        var site = Failing(12, failing: 4);
        var rule = new HaltRule { Kind = HaltKind.FailedCount, Limit = 1 };
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 2, Halts = [rule], Groups = [new GroupSpec { Name = "all", SuccessPercent = 10 }] });
        await world.RunToAsync(id, RolloutStatus.Holding);
        var held = await world.ViewAsync(id);

        // Two may be under way when the second fails.
        Assert.True(held.Halts[0] is { HasFired: true, Value: 2 or 3 }, $"{held.Halts[0]}");
        Assert.StartsWith("FailedCount is", held.Because);
        Assert.InRange(world.Targets.CountOf(id, UpdateStatus.Failed), 2, 3);

        var resumed = Found(await rollout.ResumeAsync("olga", null));
        Assert.Equal(RolloutStatus.Running, resumed.Status);
        await world.RunToAsync(id, RolloutStatus.Holding, RolloutStatus.CompletedWithFailures);
        Assert.Equal(4, world.Targets.CountOf(id, UpdateStatus.Failed));
    }

    [Fact]
    public async Task Failures_in_a_row_abort_it_and_a_success_between_does_not_count()
    {
        var site = Failing(10, failing: 10);
        var rule = new HaltRule { Kind = HaltKind.Consecutive, Limit = 2, Action = HaltAction.Abort };
        var (id, _) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 1, Halts = [rule], Groups = [new GroupSpec { Name = "all", SuccessPercent = 1 }] });
        await world.RunToAsync(id, RolloutStatus.Aborted);

        // The third stands in the store before it is heard of, and its room may be another's meanwhile.
        var failed = world.Targets.CountOf(id, UpdateStatus.Failed);
        Assert.InRange(failed, 3, 4);
        Assert.Equal(10 - failed, world.Targets.CountOf(id, UpdateStatus.Canceled));
    }

    [Fact]
    public async Task A_batch_that_comes_twice_is_counted_once()
    {
        var site = world.NewSite(10);
        var rule = new HaltRule { Kind = HaltKind.Consecutive, Limit = 1 };
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 1, Halts = [rule] });
        await world.StandsAsync(id, RolloutStatus.Running);
        var item = new ProgressItem { DeviceId = "x", Group = 0, From = UpdateStatus.Installing, To = UpdateStatus.Failed, IsGranted = false, IsReady = false, Epoch = 1 };
        var batch = new ProgressBatch("silo", world.NextBatch(), [item]);
        await rollout.OnProgressAsync(batch);
        await rollout.OnProgressAsync(batch);
        await world.DropAsync(id);
        await rollout.OnProgressAsync(batch);
        Assert.Equal(1, (await world.ViewAsync(id)).Halts[0].Value);
        await rollout.OnProgressAsync(batch with { Sequence = world.NextBatch() });
        await world.StandsAsync(id, RolloutStatus.Holding);
        await rollout.AbortAsync("olga", "done", null);
    }

    [Fact]
    public async Task A_group_that_does_not_succeed_holds_the_rollout_before_the_next_one_opens()
    {
        var site = Failing(10, failing: 10);
        var (id, _) = await world.StartAsync(world.Spec(site) with { Groups = [new GroupSpec { Name = "canary", Count = 2 }, new GroupSpec { Name = "rest" }] });
        await world.RunToAsync(id, RolloutStatus.Holding);
        var view = await world.ViewAsync(id);
        Assert.Equal([GroupStatus.Failed, GroupStatus.Pending], view.Groups.Select(static group => group.Status));
        Assert.StartsWith("Group 'canary' did not succeed", view.Because);
        Assert.Equal(8, world.Targets.CountOf(id, UpdateStatus.Planned));
    }

    [Fact]
    public async Task What_was_updated_is_taken_back_in_reverse_order_of_the_groups()
    {
        var site = world.NewSite(9);
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 4, Groups = [new GroupSpec { Name = "first", Count = 3 }, new GroupSpec { Name = "second" }] });
        await world.RunToAsync(id, RolloutStatus.Completed);
        Assert.Equal(RolloutStatus.RollingBack, Found(await rollout.RollBackAsync("olga", "smoke", null)).Status);
        var child = $"{id}-rollback";
        await Eventually.HoldsAsync("the last group goes first", () => world.Devices.UnderwayOf(child) == 4);
        Assert.All(Enumerable.Range(0, 9).Select(i => $"{site}-{i:000}"), device =>
            Assert.True(world.Targets.Find(child, device)!.Target.Group == 1 - world.Targets.Find(id, device)!.Target.Group));
        Assert.All(world.Devices.Assigned.Where(assigned => assigned.Rollout == child), assigned => Assert.True(assigned is { Release: "", IsRollback: true, Priority: 1000 }));

        await world.RunToAsync(child, RolloutStatus.Completed);
        await world.StandsAsync(id, RolloutStatus.RolledBack);
        Assert.Equal((9, 4), (world.Targets.CountOf(child, UpdateStatus.Succeeded), world.Targets.MostGranted(child)));
        Assert.Equal((child, id), ((await world.ViewAsync(id)).RollbackId, (await world.ViewAsync(child)).RollbackOf));
    }

    [Fact]
    public async Task A_halt_that_rolls_back_cancels_what_waits_and_takes_back_what_was_updated()
    {
        var site = Failing(10, failing: 1);
        var rule = new HaltRule { Kind = HaltKind.FailedCount, Limit = 0, Action = HaltAction.RollBack };
        var (id, _) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 1, Halts = [rule] });
        await world.RunToAsync(id, RolloutStatus.RollingBack);
        await world.RunToAsync($"{id}-rollback", RolloutStatus.Completed);
        await world.StandsAsync(id, RolloutStatus.RolledBack);
        Assert.Equal(10, world.Targets.CountOf(id, UpdateStatus.Succeeded) + world.Targets.CountOf(id, UpdateStatus.Failed) + world.Targets.CountOf(id, UpdateStatus.Canceled));
    }

    [Fact]
    public async Task A_halt_that_fires_while_members_are_written_down_stops_offers_at_once_and_holds_the_rollout_once_they_are()
    {
        var site = Failing(2000, failing: 2000);
        var (id, rollout, pages) = ($"r-{site}", world.Rollout($"r-{site}"), new SemaphoreSlim(0));
        world.Targets.Pages[id] = pages;
        var rule = new HaltRule { Kind = HaltKind.FailedCount, Limit = 1 };
        var groups = new[] { new GroupSpec { Name = "first", Count = 30, SuccessPercent = 1 }, new GroupSpec { Name = "rest" } };
        Found(await rollout.CreateAsync(world.Spec(site) with { MaxInFlight = 2, Halts = [rule], Groups = [.. groups] }, "ada"));
        Found(await rollout.SubmitAsync("ada", null));
        Found(await rollout.StartAsync("olga", null));

        // The first group is there, and some of the second.
        await StepUntilAsync("two are offered", _ => world.Devices.UnderwayOf(id) == 2);
        await Eventually.HoldsAsync("both failed", async () => await world.Devices.FinishAsync(id) + world.Targets.CountOf(id, UpdateStatus.Failed) == 2);
        await StepUntilAsync("the halt has fired", static view => view.Halts[0].HasFired);
        Assert.Equal(RolloutStatus.Starting, (await StepAsync()).Status);
        pages.Release(2000);
        await world.StandsAsync(id, RolloutStatus.Holding);
        var view = await world.ViewAsync(id);
        Assert.True(view.Halts[0].HasFired);
        Assert.Equal("FailedCount is 2, above 1.", view.Because);
        Assert.Equal((2, 1998), (world.Targets.CountOf(id, UpdateStatus.Failed), world.Targets.CountOf(id, UpdateStatus.Planned)));
        await rollout.AbortAsync("olga", "done", null);

        Task StepUntilAsync(string what, Func<RolloutView, bool> holds) => Eventually.HoldsAsync(what, async () => holds(await StepAsync()));

        // It is answered between steps, and a step ends when its pages are written. No more of them at once than that: a coordinator that stood still would write all the rest.
        async Task<RolloutView> StepAsync()
        {
            var view = world.ViewAsync(id);
            for (var released = 0; !view.IsCompleted; released++)
            {
                pages.Release();
                await Task.Delay(released < 8 ? 5 : 250, TestContext.Current.CancellationToken);
            }

            return await view;
        }
    }

    [Fact]
    public async Task A_halt_that_aborts_ends_a_rollout_whose_time_is_over_and_whose_devices_are_not()
    {
        var site = Failing(3, failing: 1);
        var rule = new HaltRule { Kind = HaltKind.FailedCount, Limit = 0, Action = HaltAction.Abort };
        var (id, _) = await world.StartAsync(world.Spec(site) with { Halts = [rule], EndsAt = world.Clock.GetUtcNow().AddMinutes(10) });
        await Eventually.HoldsAsync("all are offered", () => world.Targets.CountOf(id, UpdateStatus.Offered) == 3);
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await world.StandsAsync(id, RolloutStatus.Completing);
        await world.Devices.FinishAsync(id, 1);
        await world.StandsAsync(id, RolloutStatus.Aborted);
        Assert.Equal((1, 2), (world.Targets.CountOf(id, UpdateStatus.Failed), world.Targets.CountOf(id, UpdateStatus.Canceled)));
    }

    [Fact]
    public async Task A_group_whose_failure_was_stored_holds_the_rollout_though_its_coordinator_was_lost_before_it_did()
    {
        var site = Failing(6, failing: 2);
        var spec = world.Spec(site) with { Groups = [new GroupSpec { Name = "canary", Count = 2 }, new GroupSpec { Name = "rest" }] };
        var (id, rollout) = ($"r-{site}", world.Rollout($"r-{site}"));
        Enumerable.Range(0, 6).ToList().ForEach(i => world.Devices.Destine($"{site}-{i:000}", Fate.Fails));
        world.FailWriteOnce(id, "Group 'canary' did not succeed");
        Found(await rollout.CreateAsync(spec, "ada"));
        Found(await rollout.SubmitAsync("ada", null));
        Found(await rollout.StartAsync("olga", null));
        await world.RunToAsync(id, RolloutStatus.Holding);
        Assert.StartsWith("Group 'canary' did not succeed", (await world.ViewAsync(id)).Because);

        Enumerable.Range(0, 6).ToList().ForEach(i => world.Devices.Destine($"{site}-{i:000}", Fate.Well));
        Assert.Equal(GroupStatus.Passed, Found(await rollout.ResumeAsync("olga", null)).Groups[0].Status);
        await world.RunToAsync(id, RolloutStatus.CompletedWithFailures);
    }

    private string Failing(int devices, int failing)
    {
        var site = world.NewSite(devices);
        for (var i = 0; i < failing; i++)
        {
            world.Devices.Destine($"{site}-{i:000}", Fate.Fails);
        }

        return site;
    }
}
