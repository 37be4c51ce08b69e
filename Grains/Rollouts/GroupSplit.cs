using System.Collections.Immutable;
using System.Text;

namespace Muster.Rollouts;

/// <summary>Which group each candidate is in: in exactly one, and in the same one each time it is asked. Pure.</summary>
internal static class GroupSplit
{
    /// <summary>The one group of a plan that names none.</summary>
    internal static ImmutableArray<GroupSpec> Of(RolloutSpec spec) => spec.Groups.IsDefaultOrEmpty ? [new GroupSpec { Name = "all" }] : spec.Groups;

    /// <summary>Indexes, in <see cref="Of"/>, of the groups that have a condition: what <c>TargetCandidate.Group</c> counts in.</summary>
    internal static ImmutableArray<int> Conditional(ImmutableArray<GroupSpec> groups) =>
        [.. Enumerable.Range(0, groups.Length).Where(i => groups[i].Condition is not null)];

    /// <summary>
    /// Groups by condition have theirs first. The rest stands in an order that only the ids make, and goes to the other groups in turn: a group of percents gets up to
    /// its share of all candidates, rounded up, so that a canary is never empty; the last group takes what is left.
    /// </summary>
    /// <param name="groups">As <see cref="Of"/> gives them.</param>
    /// <param name="ids">The candidates' ids.</param>
    /// <param name="conditional">For each candidate, the index in <paramref name="groups"/> of the condition that it fulfils; -1 if none.</param>
    /// <returns>For each candidate the index of its group.</returns>
    internal static int[] Assign(ImmutableArray<GroupSpec> groups, IReadOnlyList<string> ids, IReadOnlyList<int> conditional)
    {
        var assigned = new int[ids.Count];
        var rest = new List<(ulong Hash, int Index)>(ids.Count);
        for (var i = 0; i < ids.Count; i++)
        {
            assigned[i] = conditional[i];
            if (conditional[i] < 0)
            {
                rest.Add((Hash(ids[i]), i));
            }
        }

        rest.Sort((a, b) => a.Hash != b.Hash ? a.Hash.CompareTo(b.Hash) : string.CompareOrdinal(ids[a.Index], ids[b.Index]));
        var (next, shares) = (0, 0.0);
        for (var group = 0; group < groups.Length; group++)
        {
            var spec = groups[group];
            var before = shares;
            shares += spec.Percent ?? 0;
            var room = spec.Condition is not null ? 0 : group == groups.Length - 1 ? rest.Count : spec.Count ?? Upto(shares, ids.Count) - Upto(before, ids.Count);
            for (var end = Math.Min(rest.Count, next + room); next < end; next++)
            {
                assigned[rest[next].Index] = group;
            }
        }

        return assigned;
    }

    /// <summary>The same on every machine and for ever: FNV-1a, mixed so that ids that count upwards are scattered.</summary>
    internal static ulong Hash(string id)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(id))
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return hash ^ (hash >> 31);
    }

    // A hair below, or 3 x 33.3 % of 1000 would round up what is whole.
    private static int Upto(double percent, int of) => (int)Math.Ceiling((percent / 100 * of) - 1e-6);
}
