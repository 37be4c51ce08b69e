namespace Muster.Survival;

/// <summary>All rounds that were asked for, on one cluster that stays up over all of them.</summary>
internal sealed class SurvivalRun(SurviveOptions options, string folder, Func<RoundResult, Task> finished)
{
    /// <summary>False after the first round that failed; what it left is in the folder.</summary>
    internal async Task<bool> RunAsync(IReadOnlyList<RoundPlan> plans, CancellationToken stop)
    {
        await Firewall.ClearAsync();
        try
        {
            var (alone, together) = (plans.Where(plan => plan.Kind.StrikeAsync is null).ToList(), plans.Where(plan => plan.Kind.StrikeAsync is not null).ToList());
            return (together.Count == 0 || await RunOnClusterAsync(together, stop)) && await RunAloneAsync(alone, stop);
        }
        finally
        {
            await Firewall.ClearAsync();
        }
    }

    private async Task<bool> RunOnClusterAsync(List<RoundPlan> plans, CancellationToken stop)
    {
        await using var cluster = await ClusterControl.StartAsync(folder, options.Bind, stop);
        var faults = new Faults();
        await using var fleet = new FleetLoad(cluster.Hub, options, faults, stop);
        using var verification = new Verification(fleet, cluster);
        await verification.BeginAsync(stop);
        await fleet.StartAsync();
        await using var census = await GrainCensus.ConnectAsync(cluster, stop);
        var runner = new RoundRunner(cluster, fleet, verification, census);
        foreach (var plan in plans)
        {
            var result = await runner.RunAsync(plan, stop);
            await finished(result);
            if (result.Verdict != RoundResult.Passed)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> RunAloneAsync(List<RoundPlan> plans, CancellationToken stop)
    {
        foreach (var plan in plans)
        {
            var result = await new DiskFullRound(options, Path.Combine(folder, "disk")).RunAsync(plan, stop);
            await finished(result);
            if (result.Verdict != RoundResult.Passed)
            {
                return false;
            }
        }

        return true;
    }
}
