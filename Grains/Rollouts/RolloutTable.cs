namespace Muster.Rollouts;

/// <summary>The machines of rollouts and groups as tables, for <c>docs/state-machines.md</c>.</summary>
internal static class RolloutTable
{
    /// <summary>Every move of a rollout, by status and signal.</summary>
    internal static IEnumerable<(RolloutStatus From, RolloutStatus To, RolloutSignal On)> Rows =>
        from status in Enum.GetValues<RolloutStatus>()
        from signal in Enum.GetValues<RolloutSignal>()
        let move = RolloutMachine.Next(status, signal) as RolloutMove.Moved
        where move is not null && move.To != status
        select (status, move.To, signal);

    /// <summary>Every move of a group. An operator who resumes the rollout lets one that is held or failed pass, and one whose gate did not open is gated anew.</summary>
    internal static IEnumerable<(GroupStatus From, GroupStatus To)> GroupRows =>
        (from status in Enum.GetValues<GroupStatus>() from facts in Facts let next = GroupMachine.Next(status, facts) where next != status select (status, next))
        .Concat([(GroupStatus.Held, GroupStatus.Passed), (GroupStatus.Failed, GroupStatus.Passed), (GroupStatus.Failed, GroupStatus.Gated)]).Distinct().Order();

    // One of each kind that the machine tells apart.
    private static IEnumerable<GroupFacts> Facts =>
        from tally in (Tally[])[new() { Total = 1, Planned = 1 }, new() { Total = 1 }, new() { Total = 1, Final = 1, Attempted = 1, Succeeded = 1 }, new() { Total = 1, Final = 1, Attempted = 1, Failed = 1 }]
        from soak in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromHours(1)]
        from age in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromHours(1)]
        from pauses in (bool[])[false, true]
        from isGateOpen in (bool?[])[null, false, true]
        select new GroupFacts { Spec = new GroupSpec { Name = "", Soak = soak, PausesAfter = pauses }, Tally = tally, Age = age, IsGateOpen = isGateOpen, IsLast = false };
}
