namespace Muster.Routing;

/// <summary>Pauses between deliveries that failed: each about twice as long as the one before, spread so that partitions do not come back together.</summary>
internal sealed class DeliveryBackoff(TimeSpan shortest, TimeSpan longest)
{
    private int failures;

    internal void Reset() => failures = 0;

    /// <param name="spread">0 to 1, by chance.</param>
    /// <returns>From the shortest to the longest.</returns>
    internal TimeSpan Next(double spread)
    {
        var nominal = Math.Min(longest.Ticks, shortest.Ticks * Math.Pow(2, failures));
        failures = Math.Min(failures + 1, 62);
        return TimeSpan.FromTicks((long)Math.Clamp(nominal * (0.5 + spread), shortest.Ticks, longest.Ticks));
    }
}
