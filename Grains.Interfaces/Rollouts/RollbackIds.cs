namespace Muster.Rollouts;

/// <summary>Ids of the rollouts that take other ones back. No other rollout may have such an id, so that a rollback is never in want of its own.</summary>
public static class RollbackIds
{
    private const string Suffix = "-rollback";

    /// <summary>The id of the one that takes <paramref name="rollout"/> back.</summary>
    public static string Of(string rollout) => rollout + Suffix;

    /// <summary>True of an id that only a rollout that takes another one back may have.</summary>
    public static bool IsOne(string id) => id.EndsWith(Suffix, StringComparison.Ordinal);
}
