using System.Collections.Immutable;

namespace Muster.Storage.Log;

/// <summary>What readers may see of a partition: only what is on disk. The partition's writer publishes, everybody reads.</summary>
internal sealed class CommittedEvents
{
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];
    private LogSnapshot current;

    internal CommittedEvents(ImmutableArray<Segment> segments, in SegmentTail tail) =>
        current = new LogSnapshot(segments, tail.Length, tail.NextOffset, tail.EnqueuedAt);

    internal LogSnapshot Snapshot()
    {
        lock (gate)
        {
            return current;
        }
    }

    internal void Publish(in LogSnapshot next)
    {
        List<Waiter>? due = null;
        lock (gate)
        {
            current = next;
            for (var i = waiters.Count - 1; i >= 0; i--)
            {
                if (waiters[i].Offset < next.NextOffset)
                {
                    (due ??= []).Add(waiters[i]);
                    waiters.RemoveAt(i);
                }
            }
        }

        due?.ForEach(waiter => waiter.Completion.TrySetResult());
    }

    /// <summary>Completes once <paramref name="offset"/> is committed.</summary>
    internal ValueTask WaitForAsync(long offset, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (gate)
        {
            if (offset < current.NextOffset)
            {
                return ValueTask.CompletedTask;
            }

            waiters.Add(waiter = new Waiter(offset, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        return new ValueTask(cancellationToken.CanBeCanceled ? CancellableAsync(waiter, cancellationToken) : waiter.Completion.Task);
    }

    private async Task CancellableAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            lock (gate)
            {
                waiters.Remove(waiter);
            }

            waiter.Completion.TrySetCanceled(cancellationToken);
        });
        await waiter.Completion.Task;
    }

    private sealed record Waiter(long Offset, TaskCompletionSource Completion);
}

/// <param name="Segments">Oldest first, never empty; the last is the one that is written.</param>
/// <param name="ActiveBytes">Bytes of the last segment that are committed.</param>
/// <param name="NextOffset">The offset behind the last committed event.</param>
/// <param name="EnqueuedAt">Of the last event, ticks, UTC; 0 if there never was one.</param>
internal readonly record struct LogSnapshot(ImmutableArray<Segment> Segments, long ActiveBytes, long NextOffset, long EnqueuedAt)
{
    internal long FirstOffset => Segments[0].FirstOffset;
}
