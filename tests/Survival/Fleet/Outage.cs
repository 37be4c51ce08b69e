using System.Diagnostics;

namespace Muster.Survival;

/// <summary>The longest time of a round that something was without answer: from the first attempt, or from the loss of its connection, to an answer.</summary>
internal sealed class Outage
{
    private readonly Lock guard = new();
    private long since;
    private TimeSpan longest;
    private bool dropped;

    /// <summary>True if its connection was lost in this round.</summary>
    internal bool Dropped
    {
        get
        {
            lock (guard)
            {
                return dropped;
            }
        }
    }

    internal TimeSpan Longest
    {
        get
        {
            lock (guard)
            {
                return since == 0 ? longest : Max(longest, Stopwatch.GetElapsedTime(since));
            }
        }
    }

    internal void Ask()
    {
        lock (guard)
        {
            since = since == 0 ? Stopwatch.GetTimestamp() : since;
        }
    }

    internal void Drop()
    {
        Ask();
        lock (guard)
        {
            dropped = true;
        }
    }

    internal void Answered()
    {
        lock (guard)
        {
            longest = since == 0 ? longest : Max(longest, Stopwatch.GetElapsedTime(since));
            since = 0;
        }
    }

    internal void Reset()
    {
        lock (guard)
        {
            (longest, dropped) = (TimeSpan.Zero, false);
        }
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
