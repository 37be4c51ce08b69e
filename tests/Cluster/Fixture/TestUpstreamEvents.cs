using System.Buffers.Binary;
using System.Collections.Immutable;
using Muster.CloudToDevice;
using Muster.Errors;
using Muster.Telemetry;
using Muster.Upstream;

namespace Muster.Fixture;

/// <summary>The built-in endpoint of a hub in memory. An epoch ends those below it, and whoever asks for what was dropped begins behind it.</summary>
internal sealed class TestUpstreamEvents : IUpstreamEvents
{
    internal const int Partitions = 4;
    private readonly Lock gate = new();
    private readonly List<StoredEvent>[] partitions = [.. Enumerable.Range(0, Partitions).Select(_ => new List<StoredEvent>())];
    private readonly long[] epochs = new long[Partitions];
    private readonly long[] firsts = new long[Partitions];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isDown;

    internal bool IsDown
    {
        get => isDown;
        set
        {
            lock (gate)
            {
                isDown = value;
                Wake();
            }
        }
    }

    internal static int PartitionOf(string deviceId) => PartitionHash.EventPartition(deviceId) % Partitions;

    internal long NextOf(int partition)
    {
        lock (gate)
        {
            return partitions[partition].Count;
        }
    }

    internal ImmutableArray<StoredEvent> All()
    {
        lock (gate)
        {
            return [.. partitions.SelectMany(partition => partition)];
        }
    }

    /// <summary>Ends every receiver that there is, as one with a higher epoch would.</summary>
    internal void Break()
    {
        lock (gate)
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                epochs[partition]++;
            }

            Wake();
        }
    }

    /// <summary>Drops everything that was said so far.</summary>
    internal void Forget()
    {
        lock (gate)
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                firsts[partition] = partitions[partition].Count;
            }
        }
    }

    internal void Add(ReadOnlyMemory<byte> record, DateTimeOffset at)
    {
        lock (gate)
        {
            var bytes = record.Span.Slice(4, BinaryPrimitives.ReadInt32LittleEndian(record.Span));
            var partition = PartitionOf(EventRecord.Decode(bytes, 0, 0, at).DeviceId);
            partitions[partition].Add(EventRecord.Decode(bytes, partition, partitions[partition].Count, at));
            Wake();
        }
    }

    public Task<int> CountPartitionsAsync(CancellationToken cancellationToken) => IsDown ? throw Down() : Task.FromResult(Partitions);

    public Task<IUpstreamReceiver> OpenAsync(int partition, long nextSequence, long epoch, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (isDown || epoch < epochs[partition])
            {
                throw Down();
            }

            epochs[partition] = epoch;
            Wake();
            return Task.FromResult<IUpstreamReceiver>(new Receiver(this, partition, Math.Max(nextSequence, firsts[partition]), epoch));
        }
    }

    private void Wake()
    {
        changed.SetResult();
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static UpstreamFaultException Down() => new("The link ended, as the test says.");

    private sealed class Receiver(TestUpstreamEvents hub, int partition, long next, long epoch) : IUpstreamReceiver
    {
        private long next = next;

        public async ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int maxEvents, CancellationToken cancellationToken)
        {
            while (true)
            {
                Task change;
                lock (hub.gate)
                {
                    if (hub.isDown || hub.epochs[partition] > epoch)
                    {
                        throw Down();
                    }

                    var events = hub.partitions[partition].Skip((int)next).Take(maxEvents).ToImmutableArray();
                    next += events.Length;
                    if (!events.IsEmpty)
                    {
                        return events;
                    }

                    change = hub.changed.Task;
                }

                await change.WaitAsync(cancellationToken);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>The queues of a hub in memory.</summary>
internal sealed class TestUpstreamQueues : IUpstreamQueues
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<ServiceRecord>> queues = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Put(string queue, ServiceRecord record)
    {
        lock (gate)
        {
            Of(queue).Enqueue(record);
            changed.SetResult();
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal int Waiting(string queue)
    {
        lock (gate)
        {
            return Of(queue).Count;
        }
    }

    public Task<IUpstreamQueue> OpenAsync(string queue, CancellationToken cancellationToken) => Task.FromResult<IUpstreamQueue>(new Receiver(this, queue));

    private Queue<ServiceRecord> Of(string queue) => queues.TryGetValue(queue, out var found) ? found : queues[queue] = new();

    private sealed class Receiver(TestUpstreamQueues hub, string queue) : IUpstreamQueue
    {
        public async ValueTask<ImmutableArray<ServiceRecord>> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task change;
                lock (hub.gate)
                {
                    if (hub.Of(queue).TryPeek(out var record))
                    {
                        return [record];
                    }

                    change = hub.changed.Task;
                }

                await change.WaitAsync(cancellationToken);
            }
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken)
        {
            lock (hub.gate)
            {
                hub.Of(queue).TryDequeue(out _);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
