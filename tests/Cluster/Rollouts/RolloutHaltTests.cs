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
        Assert.Equal((3, 7), (world.Targets.CountOf(id, UpdateStatus.Failed), world.Targets.CountOf(id, UpdateStatus.Canceled)));
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
