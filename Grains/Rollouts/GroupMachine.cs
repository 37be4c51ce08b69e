namespace Muster.Rollouts;

/// <summary>What a group's next step depends on.</summary>
internal readonly record struct GroupFacts
{
    public required GroupSpec Spec { get; init; }

    public required Tally Tally { get; init; }

    /// <summary>How long it stands where it stands.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Null while the gate has not said.</summary>
    public required bool? IsGateOpen { get; init; }

    public required bool IsLast { get; init; }

    /// <summary>True while members may still join it.</summary>
    public bool MayGrow { get; init; }

    /// <summary>True while whoever opened a gate for it has not heard that it is over.</summary>
    public bool HasGates { get; init; }

    /// <summary>See <see cref="GroupDecision.Judge"/>.</summary>
    public bool TakesAll { get; init; }
}

/// <summary>The group machine. Pure: one step at a time, so that whoever runs it asks until nothing moves.</summary>
internal static class GroupMachine
{
    internal static GroupStatus Next(GroupStatus status, GroupFacts facts)
    {
        var verdict = GroupDecision.Judge(facts.Spec, facts.Tally, facts.TakesAll);
        return status switch
        {
            GroupStatus.Pending => GroupStatus.Gated,
            GroupStatus.Gated when facts.IsGateOpen is { } isOpen => isOpen ? GroupStatus.Open : GroupStatus.Failed,

            // Stopping early outranks whatever else there is to do.
            GroupStatus.Open or GroupStatus.Draining or GroupStatus.Soaking when verdict == GroupVerdict.Fail && !facts.MayGrow => GroupStatus.Failed,
            GroupStatus.Open when facts.Tally.Planned == 0 && !facts.MayGrow => GroupStatus.Draining,
            GroupStatus.Draining when verdict == GroupVerdict.Pass && facts.Spec.Soak > TimeSpan.Zero && !facts.TakesAll => GroupStatus.Soaking,
            GroupStatus.Draining when verdict == GroupVerdict.Pass && !facts.HasGates => Done(facts),
            GroupStatus.Soaking when facts.Age >= facts.Spec.Soak && !facts.HasGates => Done(facts),
            _ => status,
        };
    }

    private static GroupStatus Done(GroupFacts facts) => facts.Spec.PausesAfter && !facts.IsLast ? GroupStatus.Held : GroupStatus.Passed;
}
