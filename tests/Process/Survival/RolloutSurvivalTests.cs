using Muster.Hosting;
using Muster.Survival.Rollouts;

namespace Muster.Survival;

/// <summary>A short version of <c>./survive rollout</c>.</summary>
public sealed class RolloutSurvivalTests
{
    [Fact]
    public async Task A_rollout_ends_as_it_would_have_although_the_hub_is_killed_over_and_over()
    {
        using var folder = new TemporaryFolder();
        var options = new RolloutSurvivalOptions { Devices = 600, Bind = Loopback.Next() };
        var result = await new RolloutRound(options, seed: 5, folder.File("hub")).RunAsync("test", TestContext.Current.CancellationToken);

        Assert.True(result.Verdict == "passed", string.Join('\n', result.Faults));
        Assert.True(result.Kills > 1 && result.Gates >= options.Devices, $"{result.Kills} kills, {result.Gates} gates");
        Assert.Equal(options.Devices, result.Ends.Values.Sum());
    }

    [Fact]
    public async Task A_rollout_ends_as_it_would_have_although_the_hub_dies_between_record_outbox_and_effect()
    {
        using var folder = new TemporaryFolder();
        var options = new RolloutSurvivalOptions { Devices = 350, Places = 20, Bind = Loopback.Next() };
        var result = await new RolloutRound(options, seed: 3, folder.File("hub")).RunAsync("test", TestContext.Current.CancellationToken);

        Assert.True(result.Verdict == "passed", string.Join('\n', result.Faults));
        Assert.Equal(options.Devices, result.Ends.Values.Sum());
    }
}
