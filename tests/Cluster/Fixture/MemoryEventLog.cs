using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Muster.Telemetry;

namespace Muster.Fixture;

/// <summary>A log and its checkpoints in memory, shared by all silos; a checkpoint moves for its newest owner only.</summary>
internal sealed class MemoryEventLog : IEventLog, ICheckpointStore
{
    private readonly Lock gate = new();
    private readonly List<StoredEvent>[] partitions = [.. Enumerable.Range(0, PartitionHash.EventPartitions).Select(_ => new List<StoredEvent>())];
    private readonly Dictionary<(string Consumer, int Partition), (long Epoch, long Next)> checkpoints = [];
    private TaskCompletionSource appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int PartitionCount => PartitionHash.EventPartitions;

    /// <summary>How often a silo became the owner of the partition's checkpoint, the pumps' unless said otherwise.</summary>
    public long EpochOf(int partition, string consumer = PartitionPump.Consumer)
    {
        lock (gate)
        {
            return checkpoints.GetValueOrDefault((consumer, partition)).Epoch;
        }
    }

    public long NextOf(int partition, string consumer = PartitionPump.Consumer)
    {
        lock (gate)
        {
            return checkpoints.GetValueOrDefault((consumer, partition)).Next;
        }
    }

    public void Append(string deviceId, string json)
    {
        lock (gate)
        {
            var partition = PartitionHash.EventPartition(deviceId);
            partitions[partition].Add(new StoredEvent
            {
                Partition = partition,
                Offset = partitions[partition].Count,
                EnqueuedAt = TimeProvider.System.GetUtcNow(),
                DeviceId = deviceId,
                SystemProperties = [new("content-type", "application/json"), new("content-encoding", "utf-8")],
                Properties = [],
                Body = Encoding.UTF8.GetBytes(json),
            });
            appended.SetResult();
            appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count) => throw new NotSupportedException();

    public ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return ValueTask.FromResult(partitions[partition].Skip((int)fromOffset).Take(maxEvents).ToImmutableArray());
        }
    }

    public async ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (partitions[partition].Count > offset)
                {
                    return;
                }

                next = appended.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    public PartitionStatus Describe(int partition)
    {
        lock (gate)
        {
            return new(partition, 0, partitions[partition].Count, null);
        }
    }

    public Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ref var checkpoint = ref CollectionsMarshal.GetValueRefOrAddDefault(checkpoints, (consumer, partition), out _);
            checkpoint.Epoch++;
            return Task.FromResult(new CheckpointLease(consumer, partition, checkpoint.Epoch, checkpoint.Next));
        }
    }

    public Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            ref var checkpoint = ref CollectionsMarshal.GetValueRefOrAddDefault(checkpoints, (lease.Consumer, lease.Partition), out _);
            var isMine = checkpoint.Epoch == lease.Epoch;
            checkpoint.Next = isMine ? nextOffset : checkpoint.Next;
            return Task.FromResult(isMine);
        }
    }
}
