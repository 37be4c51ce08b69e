namespace Muster.Rollouts;

/// <summary>Where a rollout stands. Stored; append only. <c>docs/state-machines.md</c> draws what follows what.</summary>
public enum RolloutStatus : int
{
    Draft = 1,
    InReview = 2,
    Approved = 3,

    /// <summary>Started, and waits for its time.</summary>
    Scheduled = 4,

    /// <summary>Its members are being written down.</summary>
    Starting = 5,
    Running = 6,

    /// <summary>By an operator.</summary>
    Paused = 7,

    /// <summary>By itself: a halt rule fired, or a gate failed.</summary>
    Holding = 8,

    /// <summary>Every member is final, or the rollout's time is over; close-out calls are still on their way.</summary>
    Completing = 9,
    Aborting = 10,
    RollingBack = 11,

    Completed = 20,
    CompletedWithFailures = 21,
    Aborted = 22,
    RolledBack = 23,
    RollbackFailed = 24,
    Withdrawn = 25,
    Rejected = 26,

    /// <summary>Not approved in time.</summary>
    Expired = 27,
}

/// <summary>Where a group stands. Stored; append only.</summary>
public enum GroupStatus : int
{
    Pending = 1,

    /// <summary>Its turn; waits for a gate.</summary>
    Gated = 2,

    /// <summary>Admits devices.</summary>
    Open = 3,

    /// <summary>Admits no more: all are admitted, or it was held.</summary>
    Draining = 4,
    Soaking = 5,
    Passed = 6,
    Failed = 7,
    Held = 8,
}

/// <summary>What a pause stops; each stops what those before it do. Stored; append only.</summary>
public enum PauseLevel : int
{
    None = 0,

    /// <summary>No new offers.</summary>
    Offers = 1,

    /// <summary>Nor installs: offers that are out are withheld.</summary>
    Installs = 2,

    /// <summary>Nor reboots, where the agent asks before it does.</summary>
    Reboots = 3,
}

/// <summary>What is known of a status by itself.</summary>
public static class RolloutStatuses
{
    /// <summary>True where nothing follows by itself: an operator can still have it taken back.</summary>
    public static bool IsFinal(this RolloutStatus status) => status >= RolloutStatus.Completed;

    /// <summary>True while it has members that may be under way.</summary>
    public static bool IsLive(this RolloutStatus status) => status is >= RolloutStatus.Scheduled and <= RolloutStatus.RollingBack;
}
