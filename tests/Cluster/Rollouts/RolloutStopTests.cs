using Muster.Fixture;
using Muster.Updates;
using Xunit;
using static Muster.Rollouts.RolloutFixture;

namespace Muster.Rollouts;

/// <summary>What a pause holds back when its rollout ends.</summary>
public sealed class RolloutStopTests(RolloutFixture world) : IClassFixture<RolloutFixture>
{
    [Fact]
    public async Task An_abort_lets_no_device_go_that_a_pause_holds_before_its_install()
    {
        var (id, rollout, held, installing) = await PausedAsync(endsIn: null);
        await rollout.AbortAsync("olga", "leak", null);
        await AssertHeldIsStoppedAsync(id, held, installing);
        await world.RunToAsync(id, RolloutStatus.Aborted);
        Assert.Equal(PauseLevel.None, (await world.ViewAsync(id)).Pause);
    }

    [Fact]
    public async Task A_rollback_lets_no_device_go_that_a_pause_holds_before_its_install()
    {
        var (id, rollout, held, installing) = await PausedAsync(endsIn: null);
        await rollout.RollBackAsync("olga", "leak", null);
        await AssertHeldIsStoppedAsync(id, held, installing);

        // The one that installs may have ended well before it was told to go back: then the rollback takes it.
        await Eventually.HoldsAsync("all are back", async () =>
        {
            await world.Devices.FinishAsync(id);
            await world.Devices.FinishAsync(RollbackIds.Of(id));
            return (await world.ViewAsync(id)).Status == RolloutStatus.RolledBack;
        });
    }

    [Fact]
    public async Task A_paused_rollout_whose_time_is_over_stops_what_it_holds_before_the_install()
    {
        var (id, _, held, installing) = await PausedAsync(endsIn: TimeSpan.FromMinutes(10));
        world.Clock.Advance(TimeSpan.FromMinutes(11));
        await world.StandsAsync(id, RolloutStatus.Completing);
        await AssertHeldIsStoppedAsync(id, held, installing);
        await world.RunToAsync(id, RolloutStatus.Completed);
    }

    private async Task AssertHeldIsStoppedAsync(string id, string held, string installing)
    {
        await Eventually.HoldsAsync("the held one is stopped", () => world.Targets.Find(id, held)!.Status == UpdateStatus.Canceled);
        await Eventually.HoldsAsync("the one that installs may go on", () => world.Devices.Told.Contains((installing, "hold None")));
        Assert.DoesNotContain((held, "hold None"), world.Devices.Told);
    }

    /// <summary>Paused before reboots, with one device that was offered the release and one that installs it.</summary>
    private async Task<(string Id, IRolloutGrain Rollout, string Held, string Installing)> PausedAsync(TimeSpan? endsIn)
    {
        var site = world.NewSite(5);
        var (id, rollout) = await world.StartAsync(world.Spec(site) with { MaxInFlight = 2, EndsAt = world.Clock.GetUtcNow() + endsIn });
        await Eventually.HoldsAsync("two are offered", () => world.Targets.CountOf(id, UpdateStatus.Offered) == 2);
        var offered = await rollout.ListMembersAsync(UpdateStatus.Offered, null, 2);
        var (held, installing) = (offered[0].DeviceId, offered[1].DeviceId);
        await world.Devices.AdvanceAsync(id, installing, UpdateStatus.Installing);
        Found(await rollout.PauseAsync("olga", PauseLevel.Reboots, null));
        await Eventually.HoldsAsync("both are told", () => world.Devices.Told.Contains((held, "hold Reboots")) && world.Devices.Told.Contains((installing, "hold Reboots")));
        return (id, rollout, held, installing);
    }
}
