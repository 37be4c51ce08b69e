using Muster.Hosting;
using Muster.Survival.Rollouts;

namespace Muster.Survival;

/// <summary>A short version of <c>./survive rollout</c>. Its devices are given up after seconds of silence, in which a hub that was killed must be back.</summary>
[Collection(Alone.Name)]
public sealed class RolloutSurvivalTests
{
    [Fact]
    public async Task A_rollout_ends_as_it_would_have_although_the_hub_is_killed_every_few_seconds_or_between_record_outbox_and_effect()
    {
        // Beside each other, since each waits for most of its time.
        var (everyFewSeconds, places) = (new RolloutSurvivalOptions { Devices = 400 }, new RolloutSurvivalOptions { Devices = 260, Places = 20 });
        var results = await Task.WhenAll(RunAsync(everyFewSeconds, seed: 5), RunAsync(places, seed: 3));

        Assert.All(results, static result => Assert.True(result.Verdict == "passed", string.Join('\n', result.Faults)));
        Assert.True(results[0].Kills > 1 && results[0].Gates >= everyFewSeconds.Devices, $"{results[0].Kills} kills, {results[0].Gates} gates");
        Assert.Equal([everyFewSeconds.Devices, places.Devices], results.Select(static result => result.Ends.Values.Sum()));

        // A limit that was never come to would not have held anybody back.
        Assert.Equal(new RolloutRoundPlan(everyFewSeconds).Cap, results[0].MostInFlight);
    }

    private static async Task<RolloutRoundResult> RunAsync(RolloutSurvivalOptions options, int seed)
    {
        using var folder = new TemporaryFolder();
        return await new RolloutRound(options with { Bind = Loopback.Next() }, seed, folder.File("hub")).RunAsync("test", TestContext.Current.CancellationToken);
    }
}
