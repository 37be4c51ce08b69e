namespace Muster.Rollouts;

/// <summary>The plan of the rollout that takes another one back. Pure.</summary>
internal static class RollbackPlan
{
    private const int Highest = 1000;
    private const int MaxName = 128;

    /// <summary>
    /// The same limits and the groups in reverse; at once, above every other rollout, and on whatever becomes of a device: halts, approvals, windows and soak times
    /// between groups are for what might do harm.
    /// </summary>
    internal static RolloutSpec Of(RolloutSpec spec)
    {
        var name = $"{spec.Name} (rollback)";
        return spec with
        {
            Name = name.Length > MaxName ? name[..MaxName] : name,
            Groups = [.. GroupSplit.Of(spec).Reverse().Select(static group => group with { PausesAfter = false, Soak = TimeSpan.Zero })],
            Halts = [],
            Approvals = [],
            Windows = [],
            Blackouts = [],
            StartsAt = null,
            EndsAt = null,
            Priority = Highest,
        };
    }
}
