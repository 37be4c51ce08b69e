using Muster.Updates;

namespace Muster.KillPoints;

/// <summary>Between what a host dies.</summary>
public enum KillMoment
{
    /// <summary>A transition is decided, and nothing of it is stored.</summary>
    BeforeRecord,

    /// <summary>It is stored, and nobody was told.</summary>
    AfterRecord,

    /// <summary>The rollout counted it.</summary>
    AfterOutbox,

    /// <summary>What follows from it (an assignment, a gate's call) is about to be done.</summary>
    BeforeEffect,

    /// <summary>It was done, and nobody noted that it was.</summary>
    AfterEffect,
}

/// <summary>Where a host dies: at a transition to <see cref="Status"/>, the <see cref="Nth"/> that comes by, from 1.</summary>
public sealed record KillPlace(UpdateStatus Status, KillMoment Moment, int Nth)
{
    /// <summary>The environment variable that a host reads its place from.</summary>
    public const string Variable = "MUSTER_KILL_AT";

    public override string ToString() => $"{Status}/{Moment}/{Nth}";

    /// <summary>What <see cref="ToString"/> wrote; null for none.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static KillPlace? Parse(string? text) => text?.Split('/') switch
    {
        null => null,
        [var status, var moment, var nth] when Enum.TryParse(status, out UpdateStatus to) && Enum.TryParse(moment, out KillMoment at) && int.TryParse(nth, out var count) => new KillPlace(to, at, count),
        _ => throw new FormatException($"{Variable} is to be STATUS/MOMENT/NTH, not '{text}'"),
    };
}
