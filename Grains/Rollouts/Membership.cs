using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>
/// Writes down the members of a rollout that starts, group by group. Kept in memory only: after a restart everything is found and written again, and what is there
/// already stays as it is.
/// </summary>
internal sealed class Membership
{
    private readonly List<NewTarget> members;
    private int written;

    private Membership(List<NewTarget> members) => this.members = members;

    internal bool IsWritten => written == members.Count;

    /// <summary>Groups before this one are there in full.</summary>
    internal int FirstOpenGroup => IsWritten ? int.MaxValue : members[written].Group;

    internal IEnumerable<string> Ids => members.Select(static member => member.DeviceId);

    /// <summary>In their groups, in an order that spreads sites.</summary>
    internal static Membership Of(RolloutSpec spec, IReadOnlyList<TargetCandidate> found)
    {
        var groups = GroupSplit.Of(spec);
        var conditional = GroupSplit.Conditional(groups);
        var split = GroupSplit.Assign(
            groups, [.. found.Select(static candidate => candidate.DeviceId)], [.. found.Select(candidate => candidate.Group < 0 ? -1 : conditional[candidate.Group])]);
        return Of([.. found.Select((candidate, i) => (candidate.DeviceId, candidate.Site, split[i]))]);
    }

    internal static Membership Of(List<(string DeviceId, string Site, int Group)> members)
    {
        var ordered = members.Select(static member => (member, Hash: GroupSplit.Hash(member.DeviceId)))
            .OrderBy(static of => of.member.Group).ThenBy(static of => of.Hash).ThenBy(static of => of.member.DeviceId, StringComparer.Ordinal)
            .Select(static (of, i) => new NewTarget(of.member.DeviceId, of.member.Group, i, of.member.Site, null));
        return new Membership([.. ordered]);
    }

    /// <summary>Writes the next page.</summary>
    internal async Task WriteAsync(IRolloutTargets targets, RolloutTerm term, int page)
    {
        var next = members.GetRange(written, Math.Min(page, members.Count - written));
        if (next.Count > 0)
        {
            await targets.AddAsync(term, next, CancellationToken.None);
            written += next.Count;
        }
    }
}
