using System.Collections.Immutable;
using Muster.Errors;
using Muster.Fixture;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

public sealed class RollbackTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task The_ids_of_rollouts_that_take_back_are_theirs_alone()
    {
        var site = world.NewSite(1);
        var refused = Assert.IsType<RolloutReply.Refused>(await world.Rollout($"r-{site}-rollback").CreateAsync(world.Spec(site), "ada"));
        Assert.Equal(HubErrorCode.ArgumentInvalid, refused.Why.Code);
        Assert.Equal(["id"], refused.Why.Errors!.Keys);
    }

    [Fact]
    public async Task A_rollout_does_not_take_another_one_back_in_place_of_one_that_is_not_its_own()
    {
        var site = world.NewSite(1);
        var view = Found(await world.Rollout($"r-{site}").CreateAsync(world.Spec(site), "ada"));
        var release = (await world.Releases.FindAsync(view.Spec.Release))!;
        Assert.False(await world.Rollback(view.Id).BeginAsync(new RollbackOrder("other", view.Spec, release, "olga")));
    }

    [Fact]
    public async Task Devices_that_run_the_new_software_and_failed_go_back_and_those_that_never_installed_it_are_left_alone()
    {
        var site = world.NewSite(6);
        ImmutableArray<string> reasons = ["VerifyTimeout", "Unhealthy", "InstallTimeout", "GateDenied", "DownloadTimeout"];
        for (var i = 0; i < reasons.Length; i++)
        {
            world.Devices.Destine($"{site}-{i:000}", new Fate(UpdateStatus.Failed, reasons[i]));
        }

        var (id, rollout) = await world.StartAsync(world.Spec(site) with { RollsBack = false, Groups = [new GroupSpec { Name = "all", SuccessPercent = 1 }] });
        await world.RunToAsync(id, RolloutStatus.CompletedWithFailures);
        Enumerable.Range(0, 6).ToList().ForEach(i => world.Devices.Destine($"{site}-{i:000}", Fate.Well));
        Found(await rollout.RollBackAsync("olga", "smoke", null));
        var child = $"{id}-rollback";
        await world.RunToAsync(child, RolloutStatus.Completed);
        Assert.Equal(5, world.Targets.CountOf(child, UpdateStatus.Succeeded));
        Assert.Null(world.Targets.Find(child, $"{site}-004"));
        await world.StandsAsync(id, RolloutStatus.RolledBack);
    }

    [Theory]
    [InlineData(UpdateStatus.Unreachable, Tally.AfterInstall, RolloutStatus.RolledBack)]
    [InlineData(UpdateStatus.Quarantined, null, RolloutStatus.RollbackFailed)]
    public async Task A_device_that_did_not_return_from_its_install_is_judged_by_its_way_back_and_a_quarantined_one_stays_lost(
        UpdateStatus lost, string? reason, RolloutStatus ends)
    {
        var site = world.NewSite(3);
        world.Devices.Destine($"{site}-000", new Fate(lost, reason));
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { RollsBack = false, Halts = [], Groups = [new GroupSpec { Name = "all", SuccessPercent = 1 }] });
        await world.RunToAsync(id, RolloutStatus.CompletedWithFailures);
        world.Devices.Destine($"{site}-000", Fate.Well);
        Found(await rollout.RollBackAsync("olga", "smoke", null));
        await world.RunToAsync($"{id}-rollback", RolloutStatus.Completed);
        await world.StandsAsync(id, ends);
    }

    [Fact]
    public async Task A_rollback_for_which_a_device_has_no_way_back_failed()
    {
        var site = world.NewSite(3);
        var (id, rollout) = await world.StartAsync(world.Spec(site));
        await world.RunToAsync(id, RolloutStatus.Completed);
        world.Devices.Destine($"{site}-000", new Fate(UpdateStatus.Incompatible, "NoWayBack"));
        Found(await rollout.RollBackAsync("olga", "smoke", null));
        await world.RunToAsync($"{id}-rollback", RolloutStatus.CompletedWithFailures);
        await world.StandsAsync(id, RolloutStatus.RollbackFailed);

        // What took it back is over, and takes nobody any more.
        var again = Assert.IsType<RolloutReply.Refused>(await rollout.RollBackAsync("olga", "smoke", null));
        Assert.Equal(HubErrorCode.RolloutStateInvalid, again.Why.Code);
        Assert.Contains($"{id}-rollback, which is over: plan a rollout", again.Why.Message, StringComparison.Ordinal);
    }
}
