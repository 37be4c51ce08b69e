using System.Collections.Immutable;

namespace Muster.Telemetry;

/// <summary>
/// The hub's event log: partitions, each an ordered sequence of records with offsets from 0. What was acknowledged survives SIGKILL.
/// </summary>
public interface IEventLog
{
    int PartitionCount { get; }

    /// <summary>Appends records in order, each in a place of its own; completes once they are on disk.</summary>
    /// <param name="partition">0 to <see cref="PartitionCount"/> - 1.</param>
    /// <param name="records">
    /// What <see cref="EventWriter"/> wrote: each record with its length before it. The memory must stay as it is until the call completes.
    /// </param>
    /// <param name="count">How many records there are.</param>
    /// <exception cref="EventLogException">The disk refused (full, broken): none of the records was acknowledged; some may stand in the log.</exception>
    ValueTask AppendAsync(int partition, ReadOnlyMemory<byte> records, int count);

    /// <summary>Reads on from <paramref name="fromOffset"/>, or from the oldest event if that was trimmed; empty at the end.</summary>
    ValueTask<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int maxEvents, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Completes once an event at <paramref name="offset"/> or behind it is committed.</summary>
    ValueTask WaitForAsync(int partition, long offset, CancellationToken cancellationToken);

    PartitionStatus Describe(int partition);

    /// <summary>
    /// The offset of the oldest event that was enqueued at <paramref name="from"/> or later; where there is none, the offset that the next event gets.
    /// </summary>
    /// <exception cref="EventLogException">The log cannot be read.</exception>
    ValueTask<long> FindAsync(int partition, DateTimeOffset from, CancellationToken cancellationToken);
}

/// <summary>The log could not write.</summary>
public sealed class EventLogException(string message, Exception? innerException) : IOException(message, innerException);

/// <summary>How far each consumer has come, fenced: only the newest owner of a checkpoint can move it.</summary>
public interface ICheckpointStore
{
    /// <summary>Becomes the owner of the checkpoint; whoever owned it before can no longer save.</summary>
    Task<CheckpointLease> AcquireAsync(string consumer, int partition, CancellationToken cancellationToken);

    /// <summary>Durable when it returns. False if another owner has taken over: stop.</summary>
    Task<bool> SaveAsync(CheckpointLease lease, long nextOffset, CancellationToken cancellationToken);
}

/// <summary>A checkpoint and the epoch of its owner.</summary>
/// <param name="NextOffset">The first offset that has not been handled; 0 for a new consumer.</param>
public sealed record CheckpointLease(string Consumer, int Partition, long Epoch, long NextOffset);
