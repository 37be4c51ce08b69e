using System.Collections.Immutable;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>The releases that a rollout brings and that its devices may go back to: kept while it runs, and given up with it where the first is withdrawn.</summary>
internal sealed partial class RolloutGrain
{
    private const int PinnedAtOnce = 32;
    private static readonly TimeSpan ReleaseEvery = TimeSpan.FromSeconds(5);
    private DateTimeOffset releaseSeenAt;

    /// <summary>A withdrawn release goes onto no further device: what has not begun to install it is stopped.</summary>
    /// <returns>True if the rollout was stopped.</returns>
    private async Task<bool> StopIfWithdrawnAsync()
    {
        var isUnderWay = state.Status is RolloutStatus.Scheduled or RolloutStatus.Starting or RolloutStatus.Running or RolloutStatus.Paused or RolloutStatus.Holding
            or RolloutStatus.Completing;
        if (!isUnderWay || state.IsRollback || Now - releaseSeenAt < ReleaseEvery)
        {
            return false;
        }

        if (await services.Releases.FindAsync(state.Spec.Release) is null)
        {
            await MoveAsync(RolloutSignal.Abort, Because.Engine($"The release {state.Spec.Release} was withdrawn."));
            return true;
        }

        releaseSeenAt = Now;
        return false;
    }

    // Written once: after a restart it stands as it was.
    private async Task PutPlanAsync()
    {
        var plans = GrainFactory.GetGrain<IDevicePlanGrain>(Id);
        if (await plans.GetAsync() is not null)
        {
            return;
        }

        var golden = state.Golden ?? await services.Releases.GoldenAsync(state.Release!.Models);
        await KeepAsync([.. golden.Values.Union(await services.Releases.NamedAsync(state.Release!.Name), StringComparer.Ordinal)]);
        var others = ImmutableArray.CreateBuilder<PlannedRelease>();
        foreach (var release in golden.Values.Distinct(StringComparer.Ordinal).Where(release => release != state.Release!.Id))
        {
            if (await services.Releases.FindAsync(release) is { } other)
            {
                others.Add(other);
            }
        }

        await plans.PutAsync(PlanOf(golden, others.ToImmutable()));
    }

    private DevicePlan PlanOf(ImmutableDictionary<string, string> golden, ImmutableArray<PlannedRelease> others)
    {
        var spec = state.Spec;
        return new DevicePlan
        {
            Rollout = Id,
            Release = state.Release!,
            Timeouts = spec.Timeouts,
            Health = spec.Health,
            Retry = spec.Retry,
            Windows = spec.Windows,
            Blackouts = spec.Blackouts,
            InstallTime = RolloutRules.InstallTimeOf(spec),
            Gates = [.. spec.Gates.Where(static gate => gate.Scope == GateScope.Device)],
            Others = others,
            Golden = golden,
            RollsBack = spec.RollsBack,
            ExcludeTag = spec.Target.ExcludeTag,
        };
    }

    // Which of them devices run is known to each device alone. Noted before they are held, so that a restart lets all of them go in the end; one that is no more, or was never
    // published, is refused and needs no hold.
    private async Task KeepAsync(ImmutableArray<string> releases)
    {
        await SaveAsync(state with { Kept = [.. state.Kept.Union(releases, StringComparer.Ordinal)] });
        foreach (var some in releases.Chunk(PinnedAtOnce))
        {
            await Task.WhenAll(some.Select(release => services.Releases.PinAsync(release, Id)));
        }
    }

    private async Task UnpinAsync()
    {
        if (!state.IsRollback)
        {
            await services.Releases.UnpinAsync(state.Spec.Release, Id);
        }

        foreach (var some in state.Kept.Chunk(PinnedAtOnce))
        {
            await Task.WhenAll(some.Select(release => services.Releases.UnpinAsync(release, Id)));
        }
    }
}
