using Microsoft.Extensions.Options;

namespace Muster.Upstream;

/// <summary>
/// This silo's share of the calls that the upstream hub allows: a bucket that fills evenly and holds a second's worth. While the hub asks for a pause
/// nobody gets through. Calls pass in the order in which they came. Thread-safe.
/// </summary>
internal sealed class UpstreamBudget : IDisposable
{
    /// <summary>Calls that wait at once; more are turned away.</summary>
    internal const int MaxWaiting = 1000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestAskedPause = TimeSpan.FromMinutes(10);

    private readonly Lock room = new();
    private readonly SemaphoreSlim turn = new(1);
    private readonly int wholeRate;
    private readonly Func<int> silos;
    private readonly UpstreamInstruments instruments;
    private readonly TimeProvider clock;
    private double tokens = 1;
    private DateTimeOffset filledAt;
    private DateTimeOffset pausedUntil;
    private TimeSpan nextPause = FirstPause;
    private int waiting;

    /// <param name="options">Of the whole cluster.</param>
    /// <param name="silos">How many share it now.</param>
    public UpstreamBudget(IOptions<UpstreamOptions> options, Func<int> silos, UpstreamInstruments instruments, TimeProvider clock)
    {
        wholeRate = options.Value.RequestsPerSecond;
        (this.silos, this.instruments, this.clock) = (silos, instruments, clock);
        filledAt = pausedUntil = clock.GetUtcNow();
        instruments.Watch(this);
    }

    /// <summary>Calls a second that this silo may make.</summary>
    internal double Rate => (double)wholeRate / Math.Max(1, silos());

    internal int Waiting => Volatile.Read(ref waiting);

    /// <summary>When the hub may be called again; not in the future if it may be now.</summary>
    internal DateTimeOffset PausedUntil
    {
        get
        {
            lock (room)
            {
                return pausedUntil;
            }
        }
    }

    /// <summary>Waits for a turn.</summary>
    /// <returns>False at once: too many wait already.</returns>
    internal async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            return false;
        }

        try
        {
            await turn.WaitAsync(cancellationToken);
            try
            {
                while (Take() is { } wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, clock, cancellationToken);
                }

                return true;
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>The hub was asked too often: nobody calls it for a time.</summary>
    /// <param name="asked">As long as the hub says; null where it does not, for a second, and twice as long each time until a call goes well again.</param>
    internal void Pause(TimeSpan? asked)
    {
        TimeSpan added;
        lock (room)
        {
            var now = clock.GetUtcNow();
            if (asked is null && pausedUntil > now)
            {
                // Calls that were under way together are refused together: that is one refusal.
                return;
            }

            var until = now + (asked is { } given ? given < LongestAskedPause ? given : LongestAskedPause : nextPause);
            if (asked is null)
            {
                nextPause = nextPause * 2 < LongestPause ? nextPause * 2 : LongestPause;
            }

            if (until <= pausedUntil)
            {
                return;
            }

            added = until - (pausedUntil > now ? pausedUntil : now);
            (pausedUntil, filledAt, tokens) = (until, until, 1);
        }

        instruments.Paused(added);
    }

    /// <summary>A call went well.</summary>
    internal void Succeeded()
    {
        lock (room)
        {
            nextPause = FirstPause;
        }
    }

    public void Dispose() => turn.Dispose();

    // Zero if a token was taken, else how long to wait before the next look.
    private TimeSpan Take()
    {
        var rate = Rate;
        lock (room)
        {
            var now = clock.GetUtcNow();
            if (pausedUntil > now)
            {
                return pausedUntil - now;
            }

            tokens = Math.Min(Math.Max(1, rate), tokens + (rate * Math.Max(0, (now - filledAt).TotalSeconds)));
            filledAt = now;
            if (tokens < 1)
            {
                return TimeSpan.FromMilliseconds(Math.Ceiling((1 - tokens) / rate * 1000));
            }

            tokens--;
            return TimeSpan.Zero;
        }
    }
}
