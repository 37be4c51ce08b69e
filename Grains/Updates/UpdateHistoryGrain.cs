using System.Collections.Immutable;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Updates;

[GrainType("update-history"), StatelessWorker]
internal sealed class UpdateHistoryGrain(IUpdateHistory history) : Grain, IUpdateHistoryGrain, IStoreCaller
{
    private const int MaxPageSteps = 1000;
    private const int MaxPageOfRollout = 5000;

    public async Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPageSteps);
        return await history.ReadAsync(deviceId, before, max, CancellationToken.None);
    }

    public async Task<ImmutableArray<RolloutStep>> ReadRolloutAsync(string rollout, long after, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPageOfRollout);
        var steps = await history.ReadRolloutAsync(rollout, after, max, CancellationToken.None);
        return [.. steps.Select(static written => new RolloutStep(written.Position, written.DeviceId, written.Step))];
    }
}
