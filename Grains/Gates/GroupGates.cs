using Muster.Rollouts;

namespace Muster.Gates;

/// <summary>What the gates of a rollout mean for its groups. Pure.</summary>
internal static class GroupGates
{
    /// <summary>A gate that refused, and without which what is yet to be offered is not; null if there is none.</summary>
    /// <param name="book">The gates.</param>
    /// <param name="groups">Each with its members as they were counted.</param>
    internal static RolloutGate? Refused(RolloutGateBook book, IReadOnlyList<(GroupStatus Status, Tally Members)> groups)
    {
        var waiting = Enumerable.Range(0, groups.Count)
            .Where(i => groups[i] is { Status: >= GroupStatus.Open and <= GroupStatus.Passed, Members: { Planned: > 0 } or { Ahead: > 0 } }).ToList();
        var isMore = waiting.Count > 0 || groups.Any(static group => group.Status < GroupStatus.Open);
        return isMore && book.Refused(GatePlace.Rollout) is { } refused ? refused
            : waiting.Select(group => book.Refused(GatePlace.OfGroup(group))).FirstOrDefault(static gate => gate is not null);
    }

    /// <summary>True of a group that failed before anything of it was admitted: it was its gate that did not open. Members that ended without a try, such as deleted ones, change nothing.</summary>
    internal static bool IsKeptOut(GroupStatus status, Tally members) =>
        status == GroupStatus.Failed && members is { Planned: > 0, Attempted: 0 } && members.Planned + members.Final == members.Total;
}
