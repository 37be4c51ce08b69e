using Muster.KillPoints;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>Every place at which something could be lost, or done twice: between decision, record, outbox and effect of each status that a device of the fleet comes to.</summary>
internal static class KillPlaces
{
    private static readonly UpdateStatus[] Recorded =
    [
        UpdateStatus.Eligible, UpdateStatus.Gated, UpdateStatus.Offered, UpdateStatus.Accepted, UpdateStatus.Downloading, UpdateStatus.Downloaded, UpdateStatus.ReadyToInstall,
        UpdateStatus.Installing, UpdateStatus.Installed, UpdateStatus.Rebooting, UpdateStatus.Verifying, UpdateStatus.Soaking, UpdateStatus.Canceling, UpdateStatus.RollingBack,
        UpdateStatus.Succeeded, UpdateStatus.Canceled, UpdateStatus.Failed, UpdateStatus.RolledBack, UpdateStatus.Unreachable, UpdateStatus.Quarantined,
    ];

    private static readonly UpdateStatus[] Ends =
        [UpdateStatus.Succeeded, UpdateStatus.Canceled, UpdateStatus.Failed, UpdateStatus.RolledBack, UpdateStatus.Unreachable, UpdateStatus.Quarantined];

    /// <summary>What a rollout is told at once; the rest it finds in the store.</summary>
    private static readonly UpdateStatus[] Told = [UpdateStatus.Gated, UpdateStatus.Accepted, .. Ends];

    /// <summary>An assignment, the asking of a gate, a close-out.</summary>
    private static readonly UpdateStatus[] Followed = [UpdateStatus.Eligible, UpdateStatus.Gated, UpdateStatus.ReadyToInstall, .. Ends];

    /// <summary>All, in an order of its own for each seed: first those that a rollout passes once, or early on only.</summary>
    internal static IEnumerable<KillPlace> Draw(Random random)
    {
        (UpdateStatus, KillMoment)[] others =
        [
            .. Recorded.SelectMany(static status => new[] { (status, KillMoment.BeforeRecord), (status, KillMoment.AfterRecord) }),
            .. Told.Select(static status => (status, KillMoment.AfterOutbox)),
            .. Followed.SelectMany(static status => new[] { (status, KillMoment.BeforeEffect), (status, KillMoment.AfterEffect) }),
        ];
        random.Shuffle(others);
        return
        [
            new KillPlace(UpdateStatus.Planned, KillMoment.BeforeRecord, 1), new KillPlace(UpdateStatus.Planned, KillMoment.AfterRecord, 1),
            .. others.OrderBy(static one => one.Item1 is UpdateStatus.Eligible or UpdateStatus.Gated ? 0 : 1).Select(static one => new KillPlace(one.Item1, one.Item2, 1)),
        ];
    }
}
