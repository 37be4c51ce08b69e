using System.Collections.Immutable;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Telemetry;

[GrainType("event-reader"), StatelessWorker]
internal sealed class EventReaderGrain(IEventLog log) : Grain, IEventReaderGrain, IStoreCaller
{
    private const int MaxPageEvents = 1000;
    private const int MaxPageBytes = 4 * 1024 * 1024;

    public async Task<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, log.PartitionCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPageEvents);
        return await log.ReadAsync(partition, fromOffset, max, MaxPageBytes, CancellationToken.None);
    }

    public Task<ImmutableArray<PartitionStatus>> DescribeAsync() =>
        Task.FromResult(Enumerable.Range(0, log.PartitionCount).Select(log.Describe).ToImmutableArray());
}
