namespace Muster.Rollouts;

internal enum GroupVerdict
{
    Wait,
    Pass,
    Fail,
}

/// <summary>
/// Whether a group did well enough for the next one. Counted over attempted devices, never over all. Pure: the law is that a group with a member that may still
/// turn the verdict waits.
/// </summary>
internal static class GroupDecision
{
    /// <param name="spec">What the group has to come to.</param>
    /// <param name="tally">Its members.</param>
    /// <param name="takesAll">True for a rollout that rolls back: it goes on whatever became of its devices.</param>
    internal static GroupVerdict Judge(GroupSpec spec, Tally tally, bool takesAll)
    {
        var isOver = tally.Final == tally.Total;

        // Emptied by deletions, or there was nothing to do: nothing is left to wait for. Members that were stopped, or never had their turn, prove nothing.
        if (isOver && (takesAll || tally.NothingToDo == tally.Total))
        {
            return GroupVerdict.Pass;
        }

        // Those who may yet be attempted: if every open one succeeds, this share is reached, and no more.
        var possible = tally.Total - tally.Benign - tally.Unreached;
        if (!takesAll && Share(possible - tally.Failed, possible) < spec.SuccessPercent)
        {
            return GroupVerdict.Fail;
        }

        if (isOver)
        {
            return tally.Attempted > 0 && tally.Succeeded >= spec.MinSucceeded ? GroupVerdict.Pass : GroupVerdict.Fail;
        }

        // All others may fail, and still it is enough.
        return !takesAll && tally.Planned == 0 && tally.Succeeded >= Math.Max(1, spec.MinSucceeded) && Share(tally.Succeeded, possible) >= spec.SuccessPercent
            ? GroupVerdict.Pass
            : GroupVerdict.Wait;
    }

    private static double Share(int part, int whole) => whole <= 0 ? 100 : 100.0 * part / whole;
}
