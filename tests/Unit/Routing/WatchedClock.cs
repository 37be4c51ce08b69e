using Microsoft.Extensions.Time.Testing;

namespace Muster.Routing;

/// <summary>Knows how many timers have not come to their time yet.</summary>
internal sealed class WatchedClock() : FakeTimeProvider(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero))
{
    private int pending;

    internal int Pending => Volatile.Read(ref pending);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(
            given =>
            {
                Interlocked.Decrement(ref pending);
                callback(given);
            },
            state, dueTime, period);

        // Only once it is there to come to its time.
        Interlocked.Increment(ref pending);
        return timer;
    }
}
