using Muster.Gates;

namespace Muster.Updates;

/// <summary>What a decision on a device's update looks at besides the record.</summary>
/// <param name="Plan">Of the rollout that the update belongs to.</param>
/// <param name="Facts">What the device's row says now.</param>
/// <param name="Now">UTC, the silo's clock.</param>
internal sealed record UpdateContext(DevicePlan Plan, DeviceFacts Facts, DateTimeOffset Now)
{
    /// <summary>Releases besides the plan's own that were looked up for this device, by id.</summary>
    internal IReadOnlyDictionary<string, PlannedRelease> Known { get; init; } = new Dictionary<string, PlannedRelease>();

    /// <summary>Whether it may install now, and when that changes.</summary>
    internal WindowLook Window { get; } = InstallWindows.Look(Plan, Facts, Now);

    /// <summary>Until then no deadline and no heartbeat counts: the devices were not heard because nobody listened. Null for no such time.</summary>
    internal DateTimeOffset? GraceUntil { get; init; }

    /// <summary>Of the device: what its gates are called by.</summary>
    internal string DeviceId { get; init; } = "";

    /// <summary>What its gates look at.</summary>
    internal GateContext OfGates => new(Now, Facts);

    /// <summary>Null if nothing is known of it.</summary>
    internal PlannedRelease? Find(string? release) => release is null ? null
        : release == Plan.Release.Id ? Plan.Release
        : Plan.Others.FirstOrDefault(other => other.Id == release) ?? Known.GetValueOrDefault(release);

    /// <summary>The golden release of the device's model; null if there is none.</summary>
    internal PlannedRelease? Golden => Facts.Model is { } model && Plan.Golden.TryGetValue(model, out var id) ? Find(id) : null;
}

/// <summary>Whether a device may install now, and when that changes; null for never.</summary>
internal readonly record struct WindowLook(bool IsOpen, DateTimeOffset? ChangesAt);

/// <summary>What an update comes to.</summary>
/// <param name="Next">The record to be stored; the same one if nothing changed.</param>
/// <param name="Steps">For the history, in order.</param>
/// <param name="Effects">What gates want said once that is stored.</param>
internal readonly record struct UpdateMove(DeviceUpdate Next, IReadOnlyList<UpdateStep> Steps, IReadOnlyList<(GateState Gate, GateEffect Effect)> Effects);
