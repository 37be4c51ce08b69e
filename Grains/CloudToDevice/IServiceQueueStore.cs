using System.Collections.Immutable;

namespace Muster.CloudToDevice;

/// <summary>
/// Where the records for the back office are durable. A record that was settled keeps its place and its id, without its body, until it is forgotten, so
/// that it is not added again.
/// </summary>
public interface IServiceQueueStore
{
    /// <summary>Adds records in this order, each after those that are there; completes once they are durable. An id that is there is passed over.</summary>
    /// <returns>The position of each record; 0 for those passed over.</returns>
    Task<ImmutableArray<long>> AppendAsync(string queue, IReadOnlyList<ServiceRecord> records, CancellationToken cancellationToken);

    /// <summary>Records that are not settled, ascending by position.</summary>
    /// <param name="queue">The queue's key.</param>
    /// <param name="after">The position before the first; 0 for the beginning.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<ImmutableArray<QueuedRecord>> ReadAsync(string queue, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Marks records as settled, durably. Idempotent.</summary>
    Task SettleAsync(string queue, IReadOnlyList<long> positions, CancellationToken cancellationToken);

    /// <summary>Forgets the records that came about before <paramref name="before"/>, settled or not.</summary>
    /// <returns>How many are left that are not settled.</returns>
    Task<long> ForgetAsync(string queue, DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>A record where it stands.</summary>
/// <param name="Position">From 1, rising.</param>
/// <param name="Record">The record.</param>
public readonly record struct QueuedRecord(long Position, ServiceRecord Record);
