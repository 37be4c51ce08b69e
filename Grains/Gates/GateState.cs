using Muster.Updates;

namespace Muster.Gates;

/// <summary>One gate as a device's record has it, where members are stored by name, or a rollout's document.</summary>
[GenerateSerializer, Immutable, Alias("muster.GateState")]
internal sealed record GateState
{
    [Id(0)] public string Name { get; init; } = "";

    [Id(1)] public string Key { get; init; } = "";

    [Id(2)] public GateStatus Status { get; init; } = GateStatus.Requested;

    [Id(3)] public DateTimeOffset Since { get; init; }

    /// <summary>When it was asked for.</summary>
    [Id(4)] public DateTimeOffset AskedAt { get; init; }

    [Id(5)] public DateTimeOffset? OpenUntil { get; init; }

    /// <summary>When something has to be done about it; null for never.</summary>
    [Id(6)] public DateTimeOffset? Due { get; init; }

    /// <summary>Calls since the status was entered.</summary>
    [Id(7)] public int Tries { get; init; }

    /// <summary>Since when the telemetry has been within bounds.</summary>
    [Id(8)] public DateTimeOffset? HoldsSince { get; init; }

    [Id(9)] public string? Actor { get; init; }

    [Id(10)] public string? Evidence { get; init; }

    /// <summary>True while whatever waits for it may pass: a lease that has ended is none, whether anybody has seen yet that it ended or not.</summary>
    internal bool IsOpenAt(DateTimeOffset now) => Status is GateStatus.Open or GateStatus.Consumed && OpenUntil > now;

    /// <summary>True where it never opens any more.</summary>
    internal bool IsRefused => Status is GateStatus.Denied or GateStatus.Expired;
}

/// <summary>What a gate wants done once it is stored. Stored nowhere: it is found again when it is due.</summary>
internal enum GateEffect
{
    None,

    /// <summary>Whoever opens it is asked.</summary>
    Ask,

    /// <summary>Whoever opened it is told that all is over.</summary>
    Close,
}

/// <param name="Next">The same one if nothing changed.</param>
internal readonly record struct GateMove(GateState Next, GateEffect Effect = GateEffect.None);

/// <summary>What gates look at.</summary>
/// <param name="Now">UTC, the silo's clock.</param>
/// <param name="Facts">Of the device; of none where the gate is not a device's.</param>
internal readonly record struct GateContext(DateTimeOffset Now, DeviceFacts Facts);
