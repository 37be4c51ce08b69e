namespace Muster.Updates;

/// <summary>Where a device stands in its update. Stored; append only. <c>docs/state-machines.md</c> draws what follows what.</summary>
public enum UpdateStatus : int
{
    /// <summary>A member of the rollout whose group has not come to it.</summary>
    Planned = 1,

    /// <summary>Its turn has come; waits for what is checked first, or for another try.</summary>
    Eligible = 2,

    /// <summary>Waits for gates, for its maintenance window, or for room under the rollout's limits.</summary>
    Gated = 3,

    /// <summary>The device may fetch the deployment.</summary>
    Offered = 4,

    /// <summary>The device has fetched it.</summary>
    Accepted = 5,

    Downloading = 6,
    Downloaded = 7,

    /// <summary>Downloaded, and waits for the window or a gate before it installs.</summary>
    ReadyToInstall = 8,

    Installing = 9,
    Installed = 10,
    Rebooting = 11,

    /// <summary>Seen again; waits for the wanted version and the agent's confirmation.</summary>
    Verifying = 12,

    /// <summary>Runs the wanted version; its health is watched.</summary>
    Soaking = 13,

    /// <summary>Told to stop; it has not said that it did.</summary>
    Canceling = 14,

    /// <summary>On its way back to what it ran before, or to the golden release.</summary>
    RollingBack = 15,

    Succeeded = 20,

    /// <summary>Ran the wanted version before anything was done.</summary>
    AlreadyCurrent = 21,

    /// <summary>Its turn, a gate or the rollout ended before anything was done.</summary>
    Skipped = 22,

    /// <summary>A tag keeps it from being updated.</summary>
    Excluded = 23,

    /// <summary>The release is not for it.</summary>
    Incompatible = 24,

    /// <summary>A rollout of higher priority took the device.</summary>
    Superseded = 25,

    Canceled = 26,
    Failed = 27,

    /// <summary>Runs what it ran before, or the golden release.</summary>
    RolledBack = 28,

    /// <summary>Not heard of.</summary>
    Unreachable = 29,

    /// <summary>Could not be brought back; no rollout touches it until an operator releases it.</summary>
    Quarantined = 30,
}

/// <summary>What is known of a status by itself.</summary>
public static class UpdateStatuses
{
    /// <summary>True where nothing follows within the attempt.</summary>
    public static bool IsFinal(this UpdateStatus status) => status >= UpdateStatus.Succeeded;

    /// <summary>True once the device has fetched the deployment and has not ended: what shares of failures are counted over includes these.</summary>
    public static bool IsUnderWay(this UpdateStatus status) => status is >= UpdateStatus.Accepted and <= UpdateStatus.RollingBack;
}
