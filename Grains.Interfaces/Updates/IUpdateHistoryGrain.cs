using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.Updates;

/// <summary>Reads the histories of devices' updates. Key: any; each silo answers for itself.</summary>
[Alias("muster.IUpdateHistoryGrain")]
public interface IUpdateHistoryGrain : IGrainWithIntegerKey
{
    /// <summary>Steps of all updates of a device, newest first; empty if it never had one.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="before">Only those of a smaller <see cref="UpdateStep.Sequence"/>; <see cref="long.MaxValue"/> for the newest.</param>
    /// <param name="max">1 to 1000; anything else is an <see cref="ArgumentOutOfRangeException"/>.</param>
    [Alias("Read"), ReadOnly]
    Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int max);
}
