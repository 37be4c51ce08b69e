using System.Collections.Immutable;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Updates;

[GrainType("update-history"), StatelessWorker]
internal sealed class UpdateHistoryGrain(IUpdateHistory history) : Grain, IUpdateHistoryGrain, IStoreCaller
{
    private const int MaxPageSteps = 1000;

    public async Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPageSteps);
        return await history.ReadAsync(deviceId, before, max, CancellationToken.None);
    }
}
