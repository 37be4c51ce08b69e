namespace Muster.Simulation.Load;

/// <summary>
/// When each operation of a constant rate is due. A latency counts from there and not from when the operation could be started: a hub
/// that stalls would otherwise be asked less while it stalls, and look faster than its users find it (coordinated omission).
/// </summary>
/// <param name="perSecond">More than 0.</param>
/// <param name="start">A timestamp of <paramref name="clock"/>.</param>
internal sealed class ArrivalSchedule(double perSecond, long start, TimeProvider clock)
{
    private readonly double step = clock.TimestampFrequency / perSecond;
    private long taken;

    internal long Start => start;

    /// <summary>The time of the next operation, if that has come by <paramref name="now"/>; it is taken then.</summary>
    internal bool TryTake(long now, out long due)
    {
        due = start + (long)(taken * step);
        if (due > now)
        {
            return false;
        }

        taken++;
        return true;
    }
}
