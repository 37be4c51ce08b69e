namespace Muster.Storage.Log;

/// <summary>Who waits for offsets of a partition to be committed.</summary>
/// <param name="gate">Guards what is known to be committed, and is held around every call.</param>
internal sealed class OffsetWaiters(Lock gate)
{
    private readonly List<Waiter> waiters = [];

    /// <summary>Completes once <paramref name="offset"/> is committed.</summary>
    internal ValueTask WaitAsync(long offset, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(offset, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        waiters.Add(waiter);
        return new ValueTask(cancellationToken.CanBeCanceled ? CancellableAsync(waiter, cancellationToken) : waiter.Completion.Task);
    }

    /// <summary>All before <paramref name="nextOffset"/> is committed.</summary>
    internal void Wake(long nextOffset)
    {
        for (var i = waiters.Count - 1; i >= 0; i--)
        {
            if (waiters[i].Offset < nextOffset)
            {
                waiters[i].Completion.TrySetResult();
                waiters.RemoveAt(i);
            }
        }
    }

    /// <summary>What anybody waits for will not come.</summary>
    internal void Fail(Func<Exception> why)
    {
        waiters.ForEach(waiter => waiter.Completion.TrySetException(why()));
        waiters.Clear();
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
