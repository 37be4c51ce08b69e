namespace Muster.Survival;

/// <summary>A way to fail.</summary>
/// <param name="Rounds">How many are wanted, over time.</param>
/// <param name="StrikeAsync">Lets it happen; returns when what was done to the cluster is over. Null where there is no cluster.</param>
internal sealed record FailureKind(string Name, int Rounds, Func<Strike, Task>? StrikeAsync)
{
    internal static readonly FailureKind DiskFull = new("disk-full", 5, null);

    internal static readonly IReadOnlyList<FailureKind> All =
    [
        new("kill", 20, strike => SiloStrikes.KillAsync(strike, 1)),
        new("kill-two", 20, strike => SiloStrikes.KillAsync(strike, 2)),
        new("freeze", 20, SiloStrikes.FreezeAsync),
        new("postgres-restart", 5, PostgresStrikes.RestartAsync),
        new("postgres-cut", 5, PostgresStrikes.CutAsync),
        new("partition", 5, PartitionStrike.CutOffAsync),
        new("rolling", 5, SiloStrikes.RollAsync),
        DiskFull,
    ];
}

/// <summary>What a failure has to work with.</summary>
/// <param name="Say">Takes what was done to whom, for the record.</param>
internal sealed record Strike(ClusterControl Cluster, Random Random, Action<string> Say, CancellationToken Stop)
{
    internal IReadOnlyList<ClusterNode> PickSilos(int count)
    {
        var silos = Cluster.SiloNodes().ToArray();
        Random.Shuffle(silos);
        return silos[..count];
    }
}
