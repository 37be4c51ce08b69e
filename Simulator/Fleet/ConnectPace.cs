namespace Muster.Simulation;

/// <summary>Lets the fleet's connects through one by one, evenly spaced.</summary>
internal sealed class ConnectPace(double perSecond, TimeProvider clock)
{
    private readonly long step = (long)(clock.TimestampFrequency / perSecond);
    private readonly Lock turn = new();
    private long next = clock.GetTimestamp();

    internal Task WaitAsync(CancellationToken cancellationToken)
    {
        TimeSpan delay;
        lock (turn)
        {
            var now = clock.GetTimestamp();
            next = Math.Max(next + step, now);
            delay = clock.GetElapsedTime(now, next);
        }

        return Task.Delay(delay, clock, cancellationToken);
    }
}
