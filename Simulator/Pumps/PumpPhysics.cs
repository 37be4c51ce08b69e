namespace Muster.Simulation;

/// <summary>How a pump changes over time. Pure: chance is handed in.</summary>
internal static class PumpPhysics
{
    internal const double Ambient = 15;
    internal const double RatedFlow = 150;
    internal const double RatedSpeed = 2900;

    /// <summary>bar at rated speed with the valve shut.</summary>
    internal const double ShutPressure = 9;

    /// <summary>°C above ambient at rated speed, when nothing flows to carry the heat away.</summary>
    private const double FullHeat = 60;

    /// <summary>°C that a bad image adds: far above what a sound pump comes to.</summary>
    internal const double Overheat = 90;

    // Each is the time in which two thirds of the way to a new value are gone.
    private const double SpeedSeconds = 3;
    private const double ValveSeconds = 1.5;
    private const double HeatSeconds = 180;

    // Short enough for the fastest of these to be followed well.
    private const double LongestStep = 0.5;

    /// <summary>The pump <paramref name="seconds"/> later.</summary>
    /// <param name="state">Now.</param>
    /// <param name="settings">What is wanted of it.</param>
    /// <param name="seconds">Any number; long times are cut into short steps.</param>
    /// <param name="chance">0 to 1: how long the phase after this one will be.</param>
    internal static PumpState Advance(PumpState state, PumpSettings settings, double seconds, double chance)
    {
        for (var left = seconds; left > 0; left -= LongestStep)
        {
            state = Step(state, settings, Math.Min(left, LongestStep), chance);
        }

        return state;
    }

    /// <summary>What the sensors make of it: each is off by up to a percent of its range.</summary>
    /// <param name="state">The truth.</param>
    /// <param name="noise">Draws one value from -1 to 1.</param>
    internal static PumpReading Read(PumpState state, Func<double> noise) => new(
        Math.Round(Math.Max(0, state.Pressure + (0.05 * noise())), 2),
        Math.Round(Math.Max(0, state.Flow + (state.Flow * 0.01 * noise())), 1),
        Math.Round(state.Temperature + (0.2 * noise()), 1),
        (int)Math.Max(0, state.Speed + (state.Speed * 0.003 * noise())),
        Math.Round(state.Valve, 2));

    /// <summary>Motor off and valve shut at once; the heat stays.</summary>
    internal static PumpState PowerOff(PumpState state) => state with { Phase = PumpPhase.Idle, PhaseSeconds = 20, Speed = 0, Valve = 0 };

    private static PumpState Step(PumpState state, PumpSettings settings, double seconds, double chance)
    {
        var isDelivering = state.Phase == PumpPhase.Delivering;
        var wantedSpeed = isDelivering ? RatedSpeed * Math.Clamp(settings.TargetFlow / RatedFlow, 0, 1) : 0;
        var ceiling = state.Pressure > 0 ? state.Speed * Math.Sqrt(settings.MaxPressure / state.Pressure) : RatedSpeed;
        var speed = Near(state.Speed, Math.Min(wantedSpeed, ceiling), seconds, SpeedSeconds);
        var load = (speed / RatedSpeed) * (speed / RatedSpeed);
        var heat = FullHeat * load * (1 - (0.5 * state.Flow / RatedFlow));
        var next = state with
        {
            Speed = speed < 1 ? 0 : speed,
            Valve = Near(state.Valve, isDelivering ? 1 : 0, seconds, ValveSeconds),
            Temperature = Near(state.Temperature, Ambient + heat, seconds, HeatSeconds),
            PhaseSeconds = state.PhaseSeconds - seconds,
        };
        return next.PhaseSeconds > 0 ? next : Change(next, chance);
    }

    // Customers take half a minute to three minutes, and come after up to two.
    private static PumpState Change(PumpState state, double chance) => state.Phase == PumpPhase.Idle
        ? state with { Phase = PumpPhase.Delivering, PhaseSeconds = 30 + (150 * chance) }
        : state with { Phase = PumpPhase.Idle, PhaseSeconds = 10 + (110 * chance) };

    private static double Near(double value, double goal, double seconds, double time) => goal + ((value - goal) * Math.Exp(-seconds / time));
}
