using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Members of a group, or of a rollout, as decisions count them.</summary>
internal readonly record struct Tally
{
    /// <summary>The reason of a device that did not come back after an install.</summary>
    internal const string AfterInstall = nameof(AfterInstall);

    /// <summary>The reason of a member whose device was deleted while it was under way.</summary>
    internal const string DeviceDeleted = nameof(DeviceDeleted);

    /// <summary>The reason of a member whose device was deleted before its turn.</summary>
    internal const string DeviceNotFound = nameof(DeviceNotFound);

    public int Total { get; init; }

    public int Planned { get; init; }

    public int Final { get; init; }

    /// <summary>Have fetched the deployment, without those that were taken away from it: what shares are counted over.</summary>
    public int Attempted { get; init; }

    public int Succeeded { get; init; }

    /// <summary>Attempted, and ended otherwise than well.</summary>
    public int Failed { get; init; }

    /// <summary>Failed, and not safely back: did not return after the install, or quarantined.</summary>
    public int Critical { get; init; }

    /// <summary>Of the critical ones, those that no rollback takes back: they need hands. All others are judged by how their way back ends.</summary>
    public int Quarantined { get; init; }

    /// <summary>Ended without having been reached.</summary>
    public int Unreached { get; init; }

    /// <summary>Ended, and nothing was to be done or to be learnt: already current, excluded, not for it, skipped, taken away.</summary>
    public int Benign { get; init; }

    /// <summary>Of the benign ones, those for which there was nothing to do: already current, excluded, not for it, deleted. All others were stopped before they could say anything.</summary>
    public int NothingToDo { get; init; }

    /// <summary>Ended, and do not run what the rollout wanted, as far as the hub knows: of a rollout that rolls back, not back.</summary>
    public int NotBack { get; init; }

    /// <summary>Hold room under the limits.</summary>
    public int Granted { get; init; }

    /// <summary>Admitted, not final, without room.</summary>
    public int Ahead { get; init; }

    /// <summary>Wait for nothing but room.</summary>
    public int Ready { get; init; }

    /// <summary>Offered and final.</summary>
    public int Ended => Succeeded + Failed + Unreached;

    internal static Tally Of(IEnumerable<TargetCount> counts) => counts.Aggregate(default(Tally), static (tally, count) => tally.Plus(count));

    /// <summary>True of a status that says that the update went wrong on the device.</summary>
    internal static bool IsFailure(UpdateStatus status) => status is UpdateStatus.Failed or UpdateStatus.RolledBack or UpdateStatus.Quarantined;

    internal static bool IsBenign(UpdateStatus status) => status is UpdateStatus.AlreadyCurrent or UpdateStatus.Excluded or UpdateStatus.Incompatible or UpdateStatus.Skipped
        or UpdateStatus.Superseded or UpdateStatus.Canceled;

    private static bool IsGone(UpdateStatus status, string? reason) => status == UpdateStatus.Skipped && (reason is DeviceDeleted or DeviceNotFound);

    private static bool IsCritical(UpdateStatus status, string? reason) =>
        status == UpdateStatus.Quarantined || (status == UpdateStatus.Unreachable && reason == AfterInstall);

    private Tally Plus(TargetCount count)
    {
        var (isFinal, isBenign) = (count.Status.IsFinal(), IsBenign(count.Status));
        var isUnreachable = count.Status == UpdateStatus.Unreachable;
        var isGone = IsGone(count.Status, count.Reason);
        var isNothing = isGone || count.Status is UpdateStatus.AlreadyCurrent or UpdateStatus.Excluded or UpdateStatus.Incompatible;
        var isBack = isGone || count.Status is UpdateStatus.Succeeded or UpdateStatus.AlreadyCurrent;
        var critical = IsCritical(count.Status, count.Reason) ? count.Members : 0;
        var failed = IsFailure(count.Status) ? count.Members : isUnreachable ? Math.Max(count.Attempted, critical) : 0;
        return this with
        {
            Total = Total + count.Members,
            Planned = Planned + (count.Status == UpdateStatus.Planned ? count.Members : 0),
            Final = Final + (isFinal ? count.Members : 0),

            // What failed or was verified was attempted, whatever the store saw of it.
            Attempted = Attempted + (isBenign ? 0 : count.Status == UpdateStatus.Succeeded ? count.Members : Math.Max(count.Attempted, failed)),
            Succeeded = Succeeded + (count.Status == UpdateStatus.Succeeded ? count.Members : 0),
            Failed = Failed + failed,
            Critical = Critical + critical,
            Quarantined = Quarantined + (count.Status == UpdateStatus.Quarantined ? count.Members : 0),
            Unreached = Unreached + (isUnreachable ? count.Members - failed : 0),
            Benign = Benign + (isBenign ? count.Members : 0),
            NothingToDo = NothingToDo + (isNothing ? count.Members : 0),
            NotBack = NotBack + (isFinal && !isBack ? count.Members : 0),
            Granted = Granted + (count.IsGranted && !isFinal ? count.Members : 0),
            Ahead = Ahead + (!count.IsGranted && !isFinal && count.Status != UpdateStatus.Planned ? count.Members : 0),
            Ready = Ready + (isFinal ? 0 : count.Ready),
        };
    }
}
