using Muster.Storage.Log;
using Muster.Telemetry;

namespace Muster.Storage.Postgres.Log;

/// <summary>What this silo knows of a partition: all that it appended itself, and what the last look at the database showed of the others.</summary>
internal sealed class PartitionHead
{
    private readonly int partition;
    private readonly Lock gate = new();
    private readonly OffsetWaiters waiters;
    private HeadSnapshot current;
    private long lostUpTo;

    internal PartitionHead(int partition)
    {
        this.partition = partition;
        waiters = new OffsetWaiters(gate);
    }

    internal HeadSnapshot Snapshot()
    {
        lock (gate)
        {
            return current;
        }
    }

    /// <summary>An append was committed; those of the same silo may be told of in any order.</summary>
    internal void Appended(long nextOffset, long enqueuedAt)
    {
        lock (gate)
        {
            if (nextOffset <= current.NextOffset)
            {
                return;
            }

            current = current with { NextOffset = nextOffset, EnqueuedAt = enqueuedAt };
            waiters.Wake(current.NextOffset);
        }
    }

    /// <summary>
    /// The database was looked at, after <paramref name="before"/> had been taken. False if it holds less than was known then: it was put back,
    /// and who waits for what is gone gets an exception, since those offsets will be given out again.
    /// </summary>
    internal bool Seen(in HeadSnapshot seen, in HeadSnapshot before)
    {
        lock (gate)
        {
            if (seen.NextOffset < before.NextOffset)
            {
                (current, lostUpTo) = (seen, before.NextOffset);
                waiters.Fail(WentBack);
                return false;
            }

            var firstOffset = Math.Max(current.FirstOffset, seen.FirstOffset);
            current = seen.NextOffset > current.NextOffset ? seen with { FirstOffset = firstOffset } : current with { FirstOffset = firstOffset };
            waiters.Wake(current.NextOffset);
            return true;
        }
    }

    /// <summary>Completes once <paramref name="offset"/> is committed.</summary>
    /// <exception cref="EventLogException">The log went back behind it.</exception>
    internal ValueTask WaitForAsync(long offset, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (offset > current.NextOffset && offset <= lostUpTo)
            {
                // Whoever read up to there would pass over what takes the lost events' place.
                return ValueTask.FromException(WentBack());
            }

            return offset < current.NextOffset ? ValueTask.CompletedTask : waiters.WaitAsync(offset, cancellationToken);
        }
    }

    private EventLogException WentBack() => new($"Event log partition {partition} went back to offset {current.NextOffset}.", null);
}

/// <param name="FirstOffset">Of the oldest event, as of the last time it was looked up; equal to <paramref name="NextOffset"/> if there is none.</param>
/// <param name="NextOffset">The offset behind the last committed event that is known of.</param>
/// <param name="EnqueuedAt">Of the last event, ticks, UTC; 0 if there never was one.</param>
internal readonly record struct HeadSnapshot(long FirstOffset, long NextOffset, long EnqueuedAt);
