using System.Collections.Immutable;
using Muster.CloudToDevice;
using Muster.Storage;

namespace Muster.Fixture;

/// <summary>Service queues in memory, shared by all silos; a test can make them fail.</summary>
internal sealed class MemoryServiceQueueStore : IServiceQueueStore
{
    private readonly Lock gate = new();
    private readonly List<(string Queue, ServiceRecord Record, bool IsSettled)> rows = [];
    private readonly HashSet<string> losing = [];
    private TaskCompletionSource? hold;
    private int fails;

    /// <summary>Appends that were asked for and not refused.</summary>
    public int Appends { get; private set; }

    /// <summary>The next appends fail and store nothing.</summary>
    public void FailNextAppends(int count) => Volatile.Write(ref fails, count);

    /// <summary>The next append to the queue is stored and fails all the same.</summary>
    public void LoseNextAnswer(string queue)
    {
        lock (gate)
        {
            losing.Add(queue);
        }
    }

    /// <summary>Appends wait until <see cref="Release"/>.</summary>
    public void Hold() => hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        hold?.TrySetResult();
        hold = null;
    }

    public async Task<ImmutableArray<long>> AppendAsync(string queue, IReadOnlyList<ServiceRecord> records, CancellationToken cancellationToken)
    {
        if (hold is { } held)
        {
            await held.Task;
        }

        if (Interlocked.Decrement(ref fails) >= 0)
        {
            throw new StorageFaultException("As the test says.", new DriverException());
        }

        lock (gate)
        {
            Appends++;
            var positions = records.Select(record => Append(queue, record)).ToImmutableArray();
            return losing.Remove(queue) ? throw new Errors.StoreFaultException("The answer was lost.") : positions;
        }
    }

    public Task<ImmutableArray<QueuedRecord>> ReadAsync(string queue, long after, int limit, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(rows.Select((row, i) => (Row: row, Position: i + 1L))
                .Where(row => row.Position > after && row.Row.Queue == queue && !row.Row.IsSettled).Take(limit)
                .Select(row => new QueuedRecord(row.Position, row.Row.Record)).ToImmutableArray());
        }
    }

    public Task SettleAsync(string queue, IReadOnlyList<long> positions, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            foreach (var position in positions)
            {
                rows[(int)position - 1] = rows[(int)position - 1] with { IsSettled = true };
            }
        }

        return Task.CompletedTask;
    }

    public Task<long> ForgetAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult((long)rows.Count(row => row.Queue == queue && !row.IsSettled));
        }
    }

    private sealed class DriverException : Exception;

    private long Append(string queue, ServiceRecord record)
    {
        if (rows.Any(row => row.Queue == queue && row.Record.Id == record.Id))
        {
            return 0;
        }

        rows.Add((queue, record, false));
        return rows.Count;
    }
}
