using System.Collections.Immutable;

namespace Muster.Simulation.Updates;

/// <summary>How far a workflow has come on the device, in order.</summary>
internal enum UpdateStep
{
    Accepted,
    Downloading,
    Downloaded,
    Installing,
    Installed,
    Rebooting,
    Confirming,

    /// <summary>Ended, well or not: nothing of this workflow follows.</summary>
    Finished,
}

/// <summary>How a workflow ended.</summary>
/// <param name="Code">As Azure Device Update has it: 700 success, 0 failure, -1 cancelled.</param>
/// <param name="ExtendedCodes">Eight hexadecimal digits; zeros unless it failed.</param>
/// <param name="Details">Why it failed, for people; empty unless it did.</param>
internal sealed record UpdateResult(int Code, string ExtendedCodes, string Details)
{
    internal const int SuccessCode = 700;
    internal const int FailureCode = 0;
    internal const int CancelledCode = -1;

    internal static UpdateResult Success { get; } = new(SuccessCode, "00000000", "");

    internal static UpdateResult Cancelled { get; } = new(CancelledCode, "00000000", "");
}

/// <summary>Name and version of an update.</summary>
internal sealed record UpdateId(string Name, string Version);

/// <summary>One workflow on the device, under way or ended.</summary>
internal sealed record UpdateJob
{
    internal required UpdateOrder Order { get; init; }

    /// <summary>What goes wrong with it.</summary>
    internal UpdateFault Fault { get; init; }

    internal UpdateStep Step { get; init; }

    /// <summary>Of the download, 0 to 100.</summary>
    internal int Percent { get; init; }

    /// <summary>Whether it was to be given up when it was too late for that.</summary>
    internal bool CancelRejected { get; init; }

    /// <summary>Null until <see cref="UpdateStep.Finished"/>.</summary>
    internal UpdateResult? Result { get; init; }

    internal bool IsUnderWay => Step != UpdateStep.Finished;

    /// <summary>Whether nothing has been written yet, so that it can be given up without harm.</summary>
    internal bool CanStop => Step < UpdateStep.Installing;
}

/// <summary>All that an update agent remembers.</summary>
internal sealed record AgentState
{
    internal const int MaxEnded = 16;

    internal required string Model { get; init; }

    internal string HardwareRevision { get; init; } = "1";

    /// <summary>Of the image that runs.</summary>
    internal required string Version { get; init; }

    internal int RestartCount { get; init; }

    /// <summary>The last update that succeeded, as the agent says; null if none has.</summary>
    internal UpdateId? Installed { get; init; }

    /// <summary>Null before the first.</summary>
    internal UpdateJob? Job { get; init; }

    /// <summary>What came while it was too late to leave <see cref="Job"/>; the newest alone. Null if nothing did.</summary>
    internal UpdateOrder? Waiting { get; init; }

    /// <summary>Workflows that have ended and are not taken up again, the newest last; <see cref="MaxEnded"/> at most.</summary>
    internal ImmutableArray<string> Ended { get; init; } = [];

    /// <summary>What goes wrong with the next workflow.</summary>
    internal UpdateFault Fault { get; init; }

    /// <summary>Whether the image that runs is a bad one.</summary>
    internal bool IsUnhealthy { get; init; }

    /// <summary>How often a bad image still brings the device down.</summary>
    internal int CrashesLeft { get; init; }

    /// <summary>A report that lets the next one pass it; null if none does.</summary>
    internal AgentReport? Held { get; init; }
}
