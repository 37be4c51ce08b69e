using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Muster.Telemetry;

namespace Muster.Mqtt;

/// <summary>
/// What one read of a connection brought: event records for one append, and the packet ids that are acknowledged once it is durable. Lent by a
/// pool while it is in use, so that idle connections own none.
/// </summary>
internal sealed class PublishBatch
{
    /// <summary>A batch is closed at this many messages, so that a fast sender's acknowledgements do not wait for ever more.</summary>
    public const int MaxMessages = 256;

    private const int InitialBytes = 4096;
    private readonly Action onAppended;
    private ushort[] packetIds = new ushort[16];
    private int packetIdCount;
    private int committedBytes;
    private ValueTaskAwaiter append;
    private AckQueue? queue;

    public PublishBatch() => onAppended = Appended;

    public ArrayBufferWriter<byte> Records { get; } = new(InitialBytes);

    public int RecordCount { get; private set; }

    /// <summary>What it counts for in the connection's in-flight bounds.</summary>
    public int Messages { get; private set; }

    public int Bytes { get; private set; }

    public PublishBatch? Next { get; set; }

    /// <summary>Done: its packets may be acknowledged, as soon as those before are.</summary>
    public bool Done { get; set; }

    public bool Failed { get; private set; }

    public ReadOnlySpan<ushort> PacketIds => packetIds.AsSpan(0, packetIdCount);

    /// <summary>Counts the record that was just finished in <see cref="Records"/>; one that is not counted is not appended.</summary>
    public void CommitRecord()
    {
        RecordCount++;
        Messages++;
        Bytes += Records.WrittenCount - committedBytes;
        committedBytes = Records.WrittenCount;
    }

    public void AddPacketId(ushort id)
    {
        if (packetIdCount == packetIds.Length)
        {
            Array.Resize(ref packetIds, 2 * packetIdCount);
        }

        packetIds[packetIdCount++] = id;
    }

    /// <summary>Appends the records; the queue hears when that is done, perhaps before this returns.</summary>
    public void Append(IEventLog log, int partition, AckQueue owner)
    {
        queue = owner;
        try
        {
#pragma warning disable CA2012 // Its result is taken once, in Appended: the batch is the state machine, so that an append allocates nothing.
            append = log.AppendAsync(partition, Records.WrittenMemory[..committedBytes], RecordCount).GetAwaiter();
#pragma warning restore CA2012
        }
        catch (EventLogException)
        {
            Failed = true;
            owner.Complete(this);
            return;
        }

        if (append.IsCompleted)
        {
            Appended();
        }
        else
        {
            append.UnsafeOnCompleted(onAppended);
        }
    }

    public void Reset()
    {
        Records.ResetWrittenCount();
        (packetIdCount, committedBytes, RecordCount, Messages, Bytes) = (0, 0, 0, 0, 0);
        (Next, Done, Failed, queue, append) = (null, false, false, null, default);
    }

    private void Appended()
    {
        var owner = queue!;
        try
        {
            append.GetResult();
        }
        catch (Exception e) when (e is EventLogException or OperationCanceledException or ObjectDisposedException)
        {
            Failed = true;
        }

        owner.Complete(this);
    }
}

/// <summary>Batches not in use, at most as many as are worth keeping. Thread-safe.</summary>
internal sealed class PublishBatchPool
{
    private const int MaxKept = 2048;
    private const int MaxKeptBytes = 64 * 1024;
    private readonly ConcurrentQueue<PublishBatch> idle = new();
    private int count;

    public PublishBatch Rent()
    {
        if (!idle.TryDequeue(out var batch))
        {
            return new PublishBatch();
        }

        Interlocked.Decrement(ref count);
        return batch;
    }

    public void Return(PublishBatch batch)
    {
        if (batch.Records.Capacity > MaxKeptBytes || Volatile.Read(ref count) >= MaxKept)
        {
            return;
        }

        batch.Reset();
        Interlocked.Increment(ref count);
        idle.Enqueue(batch);
    }
}
