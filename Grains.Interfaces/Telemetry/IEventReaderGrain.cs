using System.Collections.Immutable;

namespace Muster.Telemetry;

/// <summary>Reads the event log. Key: any; each silo answers for itself.</summary>
[Alias("muster.IEventReaderGrain")]
public interface IEventReaderGrain : IGrainWithIntegerKey
{
    /// <summary>Events of <paramref name="partition"/> from <paramref name="fromOffset"/> on; from the oldest if that was trimmed.</summary>
    /// <param name="partition">0 to 31; anything else is an <see cref="ArgumentOutOfRangeException"/>.</param>
    /// <param name="fromOffset">The first offset wanted.</param>
    /// <param name="max">1 to 1000. A page also ends before it grows past 4 MiB.</param>
    [Alias("Read")]
    Task<ImmutableArray<StoredEvent>> ReadAsync(int partition, long fromOffset, int max);

    /// <summary>All partitions, in order.</summary>
    [Alias("Describe")]
    Task<ImmutableArray<PartitionStatus>> DescribeAsync();
}
