using System.Collections.Immutable;
using Muster.Storage;
using Orleans.Concurrency;

namespace Muster.Updates;

[GrainType("update-history"), StatelessWorker]
internal sealed class UpdateHistoryGrain(IUpdateHistory history, IRolloutTargets targets, DevicePlans plans) : Grain, IUpdateHistoryGrain, IStoreCaller
{
    private const int MaxPageSteps = 1000;
    private const int MaxPageOfRollout = 5000;
    private const int MaxTurns = 10;

    public async Task<ImmutableArray<UpdateStep>> ReadAsync(string deviceId, long before, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPageSteps);
        return await history.ReadAsync(deviceId, before, max, CancellationToken.None);
    }

    public async Task<ImmutableArray<RolloutTurn>> ReadTurnsAsync(string deviceId)
    {
        var turns = ImmutableArray.CreateBuilder<RolloutTurn>();
        foreach (var (rollout, member) in await targets.ReadHeldAsync(deviceId, MaxTurns, CancellationToken.None))
        {
            // What has not written its plan has come to nobody, and may still be given up.
            if (member.Status <= UpdateStatus.Eligible && await plans.GetAsync(rollout) is { } plan)
            {
                turns.Add(TurnOf(rollout, member, plan));
            }
        }

        return turns.DrainToImmutable();
    }

    private static RolloutTurn TurnOf(string rollout, TargetRow member, DevicePlan plan)
    {
        var other = member.Release is { } own && own != plan.Release.Id ? own : null;
        return new RolloutTurn
        {
            Rollout = rollout,
            Group = member.Group,
            Status = member.Status,
            Release = other ?? plan.Release.Id,
            Version = other is null ? plan.Release.Version : plan.Others.FirstOrDefault(release => release.Id == other)?.Version ?? other[(other.LastIndexOf('@') + 1)..],
            Because = member.Status == UpdateStatus.Planned ? $"The rollout {rollout} has not come to it." : $"The rollout {rollout} is about to offer it the release.",
        };
    }

    public async Task<ImmutableArray<RolloutStep>> ReadRolloutAsync(string rollout, long after, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPageOfRollout);
        var steps = await history.ReadRolloutAsync(rollout, after, max, CancellationToken.None);
        return [.. steps.Select(static written => new RolloutStep(written.Position, written.DeviceId, written.Step))];
    }
}
