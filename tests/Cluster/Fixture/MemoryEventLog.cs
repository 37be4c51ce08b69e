using System.Buffers.Binary;
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

    /// <summary>Everything that was appended, partition by partition.</summary>
    public ImmutableArray<StoredEvent> All()
    {
        lock (gate)
        {
            return [.. partitions.SelectMany(partition => partition)];
        }
    }

    public void Append(string deviceId, string json)
    {
        var partition = PartitionHash.EventPartition(deviceId);
        Add(partition, offset => new StoredEvent
        {
            Partition = partition,
            Offset = offset,
            EnqueuedAt = TimeProvider.System.GetUtcNow(),
            DeviceId = deviceId,
            SystemProperties = [new("content-type", "application/json"), new("content-encoding", "utf-8")],
            Properties = [],
            Body = Encoding.UTF8.GetBytes(json),
        });
    }

    public ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count)
    {
        for (var rest = records.Span; !rest.IsEmpty;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            var record = rest.Slice(4, length).ToArray();
            Add(partition, offset => EventRecord.Decode(record, partition, offset, TimeProvider.System.GetUtcNow()));
            rest = rest[(4 + length)..];
        }

        return ValueTask.CompletedTask;
    }

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

    public ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return ValueTask.FromResult((long)partitions[partition].Count(stored => stored.EnqueuedAt < from));
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

    private void Add(int partition, Func<long, StoredEvent> at)
    {
        lock (gate)
        {
            partitions[partition].Add(at(partitions[partition].Count));
            appended.SetResult();
            appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
