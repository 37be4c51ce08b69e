using System.Collections.Immutable;

namespace Muster.Storage.Log;

/// <summary>What readers may see of a partition: only what is on disk. The partition's writer publishes, everybody reads.</summary>
internal sealed class CommittedEvents
{
    private readonly Lock gate = new();
    private readonly OffsetWaiters waiters;
    private LogSnapshot current;

    internal CommittedEvents(ImmutableArray<Segment> segments, in SegmentTail tail)
    {
        waiters = new OffsetWaiters(gate);
        current = new LogSnapshot(segments, tail.Length, tail.NextOffset, tail.EnqueuedAt);
    }

    internal LogSnapshot Snapshot()
    {
        lock (gate)
        {
            return current;
        }
    }

    internal void Publish(in LogSnapshot next)
    {
        lock (gate)
        {
            current = next;
            waiters.Wake(next.NextOffset);
        }
    }

    /// <summary>Completes once <paramref name="offset"/> is committed.</summary>
    internal ValueTask WaitForAsync(long offset, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return offset < current.NextOffset ? ValueTask.CompletedTask : waiters.WaitAsync(offset, cancellationToken);
        }
    }
}

/// <param name="Segments">Oldest first, never empty; the last is the one that is written.</param>
/// <param name="ActiveBytes">Bytes of the last segment that are committed.</param>
/// <param name="NextOffset">The offset behind the last committed event.</param>
/// <param name="EnqueuedAt">Of the last event, ticks, UTC; 0 if there never was one.</param>
internal readonly record struct LogSnapshot(ImmutableArray<Segment> Segments, long ActiveBytes, long NextOffset, long EnqueuedAt)
{
    internal long FirstOffset => Segments[0].FirstOffset;
}
