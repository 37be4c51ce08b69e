namespace Muster.Simulation;

/// <summary>One pump: what is wanted of it, and how it stands at this moment.</summary>
internal sealed class Pump(PumpSettings settings, int number, TimeProvider clock)
{
    private const double LongestGap = 3600;
    private readonly Random random = new(number);
    private PumpState state = new() { PhaseSeconds = number % 97 };
    private long advancedAt = clock.GetTimestamp();

    internal PumpSettings Settings { get; set; } = settings;

    /// <summary>What the sensors say now.</summary>
    /// <param name="isOverheated">Whether a bad image runs it too hot.</param>
    internal PumpReading Measure(bool isOverheated)
    {
        var now = clock.GetTimestamp();
        var seconds = clock.GetElapsedTime(advancedAt, now).TotalSeconds;
        advancedAt = now;
        state = PumpPhysics.Advance(state, Settings, Math.Min(seconds, LongestGap), random.NextDouble());
        var reading = PumpPhysics.Read(state, () => (random.NextDouble() * 2) - 1);
        return isOverheated ? reading with { Temperature = reading.Temperature + PumpPhysics.Overheat } : reading;
    }

    internal void PowerOff() => state = PumpPhysics.PowerOff(state);
}
