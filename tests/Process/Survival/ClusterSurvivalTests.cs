using Muster.Hosting;

namespace Muster.Survival;

/// <summary>A short version of <c>./survive</c>.</summary>
public sealed class ClusterSurvivalTests
{
    private static readonly string[] Kinds = ["kill", "postgres-restart", "postgres-cut"];

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_a_silo_is_killed_PostgreSQL_restarts_and_its_connections_are_cut()
    {
        using var folder = new TemporaryFolder();
        var options = new SurviveOptions { Devices = 300, Rate = 150, Seed = 3, Bind = Loopback.Next() };
        List<RoundResult> results = [];
        var run = new SurvivalRun(options, folder.File("cluster"), result =>
        {
            results.Add(result);
            return Task.CompletedTask;
        });

        var passed = await run.RunAsync(
            [.. Kinds.Select(name => new RoundPlan(FailureKind.All.Single(kind => kind.Name == name), 1, options.Seed, "test"))],
            TestContext.Current.CancellationToken);

        Assert.True(passed, string.Join('\n', results.SelectMany(result => result.Faults.Prepend($"{result.Kind}, {result.What}:"))));
        Assert.Equal(Kinds, results.Select(result => result.Kind));
        Assert.All(results, result => Assert.True(result.Reports > 0 && result.Changes > 0 && result.Messages > 0 && result.Methods > 0));
    }
}
