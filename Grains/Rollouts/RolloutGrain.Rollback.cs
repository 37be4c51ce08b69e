using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>A rollout that takes back what another one did, as that one sees it. Key: its id.</summary>
[Alias("muster.IRollbackGrain")]
internal interface IRollbackGrain : IGrainWithStringKey
{
    /// <summary>Has it begin. Idempotent.</summary>
    /// <returns>False if it cannot yet, or its id is another rollout's.</returns>
    [Alias("Begin")]
    Task<bool> BeginAsync(RollbackOrder order);

    /// <summary>No more members will come. Idempotent.</summary>
    /// <returns>False if it cannot take that yet.</returns>
    [Alias("CloseSource")]
    Task<bool> CloseSourceAsync();

    [Alias("GetStatus")]
    Task<RolloutStatus> GetStatusAsync();
}

/// <param name="Of">The rollout that is taken back.</param>
/// <param name="Spec">Its plan.</param>
/// <param name="Release">Its release.</param>
/// <param name="Actor">Who says so.</param>
/// <param name="Golden">What devices fall back to, as it was approved with the plan; null if that was not kept.</param>
[GenerateSerializer, Immutable, Alias("muster.RollbackOrder")]
internal sealed record RollbackOrder(
    [property: Id(0)] string Of, [property: Id(1)] RolloutSpec Spec, [property: Id(2)] PlannedRelease Release, [property: Id(3)] string Actor,
    [property: Id(4)] ImmutableDictionary<string, string>? Golden = null);

/// <summary>Taking back: the rollout that is taken back, and the one that does it.</summary>
internal sealed partial class RolloutGrain
{
    private static readonly TimeSpan SourceEvery = TimeSpan.FromSeconds(5);
    private bool hasBegunRollback;
    private bool hasClosedSource;

    public async Task<bool> BeginAsync(RollbackOrder order)
    {
        if (storage.RecordExists)
        {
            return state.RollbackOf == order.Of;
        }

        await Rollouts.AddAsync(Id);
        if (!await Rollouts.WakeUrgentlyAsync(Id))
        {
            return false;
        }

        var (now, spec) = (Now, RollbackPlan.Of(order.Spec));
        var begun = new RolloutState
        {
            Plan = spec,
            Status = RolloutStatus.Starting,
            Since = now,
            Author = order.Actor,
            CreatedAt = now,
            Groups = Fresh(spec),
            Release = order.Release,
            PlanHash = PlanHash.Of(spec, order.Release, order.Golden),
            Golden = order.Golden,
            RollbackOf = order.Of,
        };
        await SaveAsync(Recorded(begun, ("", nameof(RolloutStatus.Starting)), "RollBack", new Because(order.Actor, null)));
        Continue();
        return true;
    }

    public async Task<bool> CloseSourceAsync()
    {
        if (state.IsSourceClosed || state.Status is RolloutStatus.Starting or < RolloutStatus.Running)
        {
            return state.IsSourceClosed;
        }

        // One that was stopped takes nobody any more.
        if (IsLive)
        {
            await JoinAsync(isLastTime: true);
        }

        await SaveAsync(state with { IsSourceClosed = true });
        Continue();
        return true;
    }

    public Task<RolloutStatus> GetStatusAsync() => Task.FromResult(state.Status);

    private async Task<bool> RollBackStepAsync()
    {
        if (await LookAsync())
        {
            return true;
        }

        var isOver = await StopAsync(new Stop(UpdateStatus.Canceled, "RolloutRollingBack", ShardOrder.RollBack, UpdateStatus.Soaking));
        var child = GrainFactory.GetGrain<IRollbackGrain>(state.RollbackId!);
        hasBegunRollback = hasBegunRollback || await child.BeginAsync(new RollbackOrder(Id, state.Spec, state.Release!, RollbackPlan.AuthorOf(state.Events), state.Golden));
        if (!hasBegunRollback || !isOver)
        {
            return false;
        }

        hasClosedSource = hasClosedSource || await child.CloseSourceAsync();
        if (hasClosedSource && await child.GetStatusAsync() is var status && status.IsFinal() && await AreGatesClosedAsync())
        {
            await UnpinAsync();
            var isBack = status == RolloutStatus.Completed && tally.Quarantined == 0;
            await MoveAsync(isBack ? RolloutSignal.TakenBack : RolloutSignal.NotTakenBack, new Because("rollout", state.Because), Unpaused);
        }

        return false;
    }

    /// <summary>Those that run what the other one brought them, or may; its last group first.</summary>
    private async Task<List<(string DeviceId, string Site, int Group)>> ReadSourceAsync()
    {
        var source = new List<(string, string, int)>();
        foreach (var status in (ImmutableArray<UpdateStatus>)[UpdateStatus.Succeeded, UpdateStatus.Unreachable, UpdateStatus.Failed])
        {
            await foreach (var row in ReadMembersAsync(state.RollbackOf!, status))
            {
                if (RollbackPlan.Takes(row.Status, row.Reason))
                {
                    source.Add((row.DeviceId, row.Site, Math.Clamp(Groups.Length - 1 - row.Group, 0, Groups.Length - 1)));
                }
            }
        }

        return source;
    }
}
