using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>One partition in memory; knows whether somebody waits for its next event.</summary>
internal sealed class RouteLog(TimeProvider clock) : IEventLog
{
    private readonly Lock gate = new();
    private readonly List<StoredEvent> events = [];
    private long first;
    private TaskCompletionSource appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int PartitionCount => 1;

    internal bool IsWaitedFor { get; private set; }

    internal void Trim(long offset)
    {
        lock (gate)
        {
            first = offset;
        }
    }

    internal void Append(string?[] values)
    {
        lock (gate)
        {
            events.AddRange(values.Select((value, i) => new StoredEvent
            {
                Partition = 0,
                Offset = events.Count + i,
                EnqueuedAt = clock.GetUtcNow(),
                DeviceId = "d",
                SystemProperties = [],
                Properties = value is null ? default : [new("a", value)],
                Body = default,
            }).ToList());
            appended.SetResult();
            appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => throw new NotSupportedException();

    public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return ValueTask.FromResult(events.Skip((int)Math.Max(first, fromOffset)).Take(maxEvents).ToImmutableArray());
        }
    }

    public async ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken)
    {
        while (Describe(partition).NextOffset <= offset)
        {
            await NextAppend(offset).WaitAsync(cancellationToken);
        }

        IsWaitedFor = false;
    }

    public PartitionStatus Describe(int partition)
    {
        lock (gate)
        {
            return new(partition, first, events.Count, null);
        }
    }

    public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Task NextAppend(long offset)
    {
        lock (gate)
        {
            IsWaitedFor = events.Count <= offset;
            return IsWaitedFor ? appended.Task : Task.CompletedTask;
        }
    }
}
