using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>How large a fleet, and how it behaves.</summary>
internal sealed record FleetOptions
{
    /// <summary>Path of the hub's connection.json; <c>-</c> for one line of standard input, whose end then ends the fleet.</summary>
    internal required string Connection { get; init; }

    internal required int Devices { get; init; }

    /// <summary>Seconds between messages of one pump, until its twin says otherwise.</summary>
    internal required double TelemetryInterval { get; init; }

    /// <summary>Connects per second, over the whole fleet.</summary>
    internal required double ConnectRate { get; init; }

    /// <summary>Share of telemetry intervals (0 to 1) in which a pump's connection breaks off.</summary>
    internal required double DropRate { get; init; }

    /// <summary>Share of method calls and twin changes (0 to 1) that a pump answers seconds late.</summary>
    internal required double SlowRate { get; init; }

    internal UpdateOptions Updates { get; init; } = new();

    internal bool IsChild => Connection == "-";
}
