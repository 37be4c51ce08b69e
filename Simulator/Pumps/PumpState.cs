using Muster.Simulation.Updates;

namespace Muster.Simulation;

/// <summary>What a pump is doing.</summary>
internal enum PumpPhase
{
    /// <summary>The nozzle hangs: motor off, valve shut.</summary>
    Idle,

    /// <summary>Fuel flows.</summary>
    Delivering,
}

/// <summary>A pump as it really is, before its sensors look at it.</summary>
internal sealed record PumpState
{
    internal PumpPhase Phase { get; init; }

    /// <summary>Seconds until the phase ends.</summary>
    internal double PhaseSeconds { get; init; }

    /// <summary>1/min.</summary>
    internal double Speed { get; init; }

    /// <summary>0 shut to 1 open.</summary>
    internal double Valve { get; init; }

    /// <summary>Of the motor, °C.</summary>
    internal double Temperature { get; init; } = PumpPhysics.Ambient;

    /// <summary>l/min: what a pump of its kind moves at this speed, through the valve as it stands.</summary>
    internal double Flow => PumpPhysics.RatedFlow * (Speed / PumpPhysics.RatedSpeed) * Valve;

    /// <summary>bar, behind the pump: grows with the square of the speed, and falls as the valve opens.</summary>
    internal double Pressure => PumpPhysics.ShutPressure * Square(Speed / PumpPhysics.RatedSpeed) * (1 - (0.55 * Valve));

    private static double Square(double x) => x * x;
}

/// <summary>What the operator wants of a pump.</summary>
internal sealed record PumpSettings
{
    /// <summary>Seconds between telemetry messages.</summary>
    internal required double TelemetryInterval { get; init; }

    /// <summary>l/min while delivering.</summary>
    internal double TargetFlow { get; init; } = 120;

    /// <summary>bar: above it the motor slows down.</summary>
    internal double MaxPressure { get; init; } = 6;

    /// <summary>What goes wrong with its next update.</summary>
    internal UpdateFault UpdateFault { get; init; }
}

/// <summary>What the sensors say.</summary>
internal readonly record struct PumpReading(double Pressure, double Flow, double Temperature, int Rpm, double Valve);
