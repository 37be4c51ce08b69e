using System.Collections.Frozen;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>The plan of the rollout that takes another one back. Pure.</summary>
internal static class RollbackPlan
{
    /// <summary>Members that may run the new software though they ended badly: all but those whose failure says that nothing was installed, or that it left them as they were.</summary>
    private static readonly FrozenSet<string> Untouched = FrozenSet.Create(
        StringComparer.Ordinal, "NotStarted", "DownloadTimeout", "DownloadFailed", "NetworkError", "ChecksumMismatch", "NoSpace", "InstallFailed", "CanceledByDevice");

    private const int Highest = 1000;
    private const int MaxName = 128;

    /// <summary>True of a member that ended so, and runs what it was to get, or may.</summary>
    internal static bool Takes(UpdateStatus status, string? reason) => status switch
    {
        UpdateStatus.Succeeded => true,
        UpdateStatus.Unreachable => reason == Tally.AfterInstall,
        UpdateStatus.Failed => reason is null || !Untouched.Contains(reason),
        _ => false,
    };

    /// <summary>Who has the other one taken back.</summary>
    /// <param name="events">Of that one, oldest first; gates may have moved since.</param>
    internal static string AuthorOf(IEnumerable<RolloutEvent> events) =>
        events.LastOrDefault(static happened => happened.To == nameof(RolloutStatus.RollingBack))?.Actor ?? "rollout";

    /// <summary>
    /// The same limits and the groups in reverse; at once, above every other rollout, and on whatever becomes of a device: halts, approvals, windows and soak times
    /// between groups are for what might do harm. Of the gates those stay that somebody opens: the calendar and the rollout that another one depends on have nothing to say
    /// of a way back, and nobody takes over what was taken back.
    /// </summary>
    internal static RolloutSpec Of(RolloutSpec spec)
    {
        var name = $"{spec.Name} (rollback)";
        return spec with
        {
            Name = Excerpt.Head(name, MaxName),
            Groups = [.. GroupSplit.Of(spec).Reverse().Select(static group => group with { PausesAfter = false, Soak = TimeSpan.Zero })],
            Halts = [],
            Approvals = [],
            Windows = [],
            Blackouts = [],
            StartsAt = null,
            EndsAt = null,
            Gates = [.. spec.Gates.Where(IsKept)],
            Priority = Highest,
        };
    }

    private static bool IsKept(GateSpec gate) =>
        gate.Kind is not (GateKind.Dependency or GateKind.Calendar) && (gate.Scope, gate.Phase) != (GateScope.Rollout, GatePhase.AfterVerify);
}
