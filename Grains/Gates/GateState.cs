namespace Muster.Gates;

/// <summary>One gate of a device's update, as its record has it. Members are stored by name.</summary>
internal sealed record GateState
{
    public string Name { get; init; } = "";

    public string Key { get; init; } = "";

    public GateStatus Status { get; init; } = GateStatus.Requested;

    public DateTimeOffset Since { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset AskedAt { get; init; }

    public DateTimeOffset? OpenUntil { get; init; }

    /// <summary>When something has to be done about it; null for never.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>Calls since the status was entered.</summary>
    public int Tries { get; init; }

    /// <summary>Since when the telemetry has been within bounds.</summary>
    public DateTimeOffset? HoldsSince { get; init; }

    public string? Actor { get; init; }

    public string? Evidence { get; init; }

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
