using Xunit;

namespace Muster.Telemetry;

/// <summary>One checkpoint, in memory, whose owner a test may change.</summary>
internal sealed class MemoryCheckpoints : ICheckpointStore
{
    private readonly Lock gate = new();
    private readonly List<(long Offset, TaskCompletionSource Reached)> waiters = [];

    internal long Next { get; set; }

    internal long Epoch { get; private set; }

    internal bool TakeOverAtNextSave { get; set; }

    internal Action? OnSave { get; set; }

    public Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(new CheckpointLease(consumer, partition, ++Epoch, Next));
        }
    }

    public Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken)
    {
        OnSave?.Invoke();
        lock (gate)
        {
            if (TakeOverAtNextSave)
            {
                TakeOverAtNextSave = false;
                Epoch++;
            }

            if (lease.Epoch != Epoch)
            {
                return Task.FromResult(false);
            }

            Next = nextOffset;
            waiters.ForEach(waiter => _ = Next >= waiter.Offset && waiter.Reached.TrySetResult());
            return Task.FromResult(true);
        }
    }

    internal Task ReachesAsync(long offset)
    {
        lock (gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters.Add((offset, reached));
            return Next >= offset ? Task.CompletedTask : reached.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}
