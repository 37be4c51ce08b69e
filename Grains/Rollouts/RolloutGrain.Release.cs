using System.Collections.Immutable;
using Muster.Errors;
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
        if (state.IsRollback || Now - releaseSeenAt < ReleaseEvery || RolloutMachine.Next(state.Status, RolloutSignal.Abort) is not RolloutMove.Moved)
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
        await PinAsync([.. golden.Values.Union(await services.Releases.NamedAsync(state.Release!.Name), StringComparer.Ordinal)]);
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

    // Which of them devices run is known to each device alone. Noted before they are held, so that a restart lets all of them go in the end. One that is no more, was never published
    // or was withdrawn is refused, and needs no hold.
    private async Task PinAsync(ImmutableArray<string> releases)
    {
        await SaveAsync(state with { Kept = [.. state.Kept.Union(releases, StringComparer.Ordinal)] });
        foreach (var some in releases.Chunk(PinnedAtOnce))
        {
            var refused = await Task.WhenAll(some.Select(release => services.Releases.PinAsync(release, Id)));
            foreach (var why in refused.OfType<Refusal>().Where(static why => why.Code == HubErrorCode.ReleasePinned))
            {
                LogNotPinned(Id, why.Message);
            }
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
