using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Members by what an onlooker wants to know, and a bar of them.</summary>
internal readonly record struct MemberTally(int Verified, int Failed, int LeftOut, int UnderWay, int Waiting)
{
    internal const int BarWidth = 24;
    internal const string Legend = "# verified   x failed   / left out   - under way   . waiting";

    internal int Total => Verified + Failed + LeftOut + UnderWay + Waiting;

    /// <summary>Final ones, rounded down: 100 only if all are.</summary>
    internal int DonePercent => Total == 0 ? 0 : (int)((long)(Verified + Failed + LeftOut) * 100 / Total);

    /// <param name="counts">Members per status.</param>
    /// <param name="total">Those that no status is known of wait.</param>
    internal static MemberTally Of(ImmutableDictionary<UpdateStatus, int> counts, int total)
    {
        var verified = Sum(counts, static status => status is UpdateStatus.Succeeded or UpdateStatus.AlreadyCurrent);
        var failed = Sum(counts, static status =>
            status is UpdateStatus.Failed or UpdateStatus.RolledBack or UpdateStatus.Unreachable or UpdateStatus.Quarantined);
        var leftOut = Sum(counts, static status => status.IsFinal()) - verified - failed;
        var underWay = Sum(counts, static status => status is >= UpdateStatus.Offered and <= UpdateStatus.RollingBack);
        return new(verified, failed, leftOut, underWay, Math.Max(0, total - verified - failed - leftOut - underWay));
    }

    /// <summary>What there is of has at least one mark, so that a single failure among thousands is seen.</summary>
    internal string Bar()
    {
        int[] parts = [Verified, Failed, LeftOut, UnderWay, Waiting];
        var total = Total;
        if (total == 0)
        {
            return new string(' ', BarWidth);
        }

        var marks = parts.Select(part => part == 0 ? 0 : Math.Max(1, (int)Math.Round((double)part * BarWidth / total))).ToArray();
        while (marks.Sum() != BarWidth)
        {
            marks[Array.IndexOf(marks, marks.Max())] += Math.Sign(BarWidth - marks.Sum());
        }

        return string.Concat("#x/-.".Zip(marks, static (mark, count) => new string(mark, count)));
    }

    private static int Sum(ImmutableDictionary<UpdateStatus, int> counts, Func<UpdateStatus, bool> wanted) =>
        counts.Where(count => wanted(count.Key)).Sum(static count => count.Value);
}
