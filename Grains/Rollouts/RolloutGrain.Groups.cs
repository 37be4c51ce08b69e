using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Counting, halting, and which group is open.</summary>
internal sealed partial class RolloutGrain
{
    private const int CountShare = 10;
    private static readonly TimeSpan CountEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CountAnyway = TimeSpan.FromSeconds(10);
    private readonly SuccessRate successes = new();
    private ILookup<int, TargetCount> counts = Enumerable.Empty<TargetCount>().ToLookup(static count => count.Group);
    private Tally tally;
    private DateTimeOffset? countedAt;
    private TimeSpan countPause = CountEvery;
    private bool isDirty = true;
    private bool hasFailures;

    /// <summary>Members that were given room and whose end was not heard of: before it is, nobody knows whether it was a failure that stops the rollout.</summary>
    private int unheard;

    /// <summary>What was counted is not so any more.</summary>
    private void Recount() => (isDirty, countedAt) = (true, null);

    private async Task CountAsync()
    {
        var began = services.Clock.GetTimestamp();
        var fresh = await Targets.CountAsync(Id, CancellationToken.None);

        // A count goes over all members: the more there are, the smaller its share of the time must stay.
        var took = services.Clock.GetElapsedTime(began) * CountShare;
        countPause = took < CountEvery ? CountEvery : took > CountAnyway ? CountAnyway : took;
        (counts, tally) = (fresh.ToLookup(static count => count.Group), Tally.Of(fresh));
        (countedAt, isDirty, hasFailures, unheard) = (Now, false, false, tally.Granted);
        successes.Sample(Now, tally.Succeeded);
    }

    /// <summary>Counts where it is time to, and stops the rollout where a rule says so.</summary>
    /// <returns>True if it moved.</returns>
    private async Task<bool> LookAsync()
    {
        if (countedAt is not { } at || hasFailures || Now - at >= (isDirty ? countPause : CountAnyway) || Now < at)
        {
            await CountAsync();
        }

        return await HaltAsync();
    }

    private async Task<bool> HaltAsync()
    {
        var rules = state.Spec.Halts;
        var i = HaltDecision.Strongest(rules, rule => state.Fired.Contains(rules.IndexOf(rule)) ? default : Read(rule));
        if (i < 0)
        {
            return false;
        }

        var (rule, from, why) = (rules[i], state.Status, WhyHalted(rules[i]));
        LogHalted(Id, rule.Kind, why);
        Func<RolloutState, RolloutState> fired = next => next with { Fired = next.Fired.Add(i), Revision = next.Revision + 1 };
        var (signal, change) = rule.Action switch
        {
            HaltAction.Abort => (RolloutSignal.Abort, next => fired(next) with { Pause = PauseLevel.None }),
            HaltAction.RollBack => (RolloutSignal.RollBack, next => RollingBack(fired(next))),
            _ => (RolloutSignal.Hold, fired),
        };
        if (RolloutMachine.Next(from, signal) is RolloutMove.Moved)
        {
            await MoveAsync(signal, Because.Engine(why), change);
            return true;
        }

        await SaveAsync(fired(state));
        return false;
    }

    /// <summary>Holds where a rule fired, or a group is stuck, before the rollout could hold: while its members were written down, or as its coordinator was lost.</summary>
    /// <returns>True if it moved.</returns>
    private async Task<bool> HoldBelatedlyAsync()
    {
        var stuck = Enumerable.Range(0, state.Groups.Length).FirstOrDefault(i => state.Groups[i].Status is GroupStatus.Failed or GroupStatus.Held, -1);
        if (state.Fired.IsEmpty && stuck < 0)
        {
            return false;
        }

        await MoveAsync(RolloutSignal.Hold, Because.Engine(state.Fired.IsEmpty ? WhyHeld(stuck, Tally.Of(counts[stuck]), WasGated(stuck)) : WhyHalted(state.Spec.Halts[state.Fired[^1]])));
        return true;
    }

    private string WhyHalted(HaltRule rule) => FormattableString.Invariant(
        Read(rule) is { Fires: true } reading ? $"{rule.Kind} is {reading.Value:0.##}, above {rule.Limit}." : (FormattableString)$"{rule.Kind} was above {rule.Limit}.");

    private bool WasGated(int group) =>
        state.Events.LastOrDefault(happened => happened.To == $"{Groups[group].Name}: {GroupStatus.Failed}")?.From == $"{Groups[group].Name}: {GroupStatus.Gated}";

    private string WhyHeld(int group, Tally members, bool wasGated) => state.Groups[group].Status == GroupStatus.Held
        ? $"Group '{Groups[group].Name}' is done; an operator lets the next one open."
        : wasGated ? $"The gate of group '{Groups[group].Name}' did not open."
        : $"Group '{Groups[group].Name}' did not succeed: {members.Succeeded} verified, {members.Failed} failed, {members.Unreached} not reached.";

    private HaltReading Read(HaltRule rule) => HaltDecision.Read(rule, tally, state.Baseline, state.InARow);

    private async Task<bool> OpenFirstAsync() =>
        state.Groups[0].Status < GroupStatus.Open && await AdvanceAsync(0, Tally.Of(counts[0]) with { Planned = 1 });

    /// <returns>True if one moved.</returns>
    private async Task<bool> AdvanceGroupsAsync()
    {
        for (var i = 0; i < state.Groups.Length; i++)
        {
            if (state.Groups[i].Status != GroupStatus.Passed)
            {
                return await AdvanceAsync(i, Tally.Of(counts[i]));
            }
        }

        return false;
    }

    private async Task<bool> AdvanceAsync(int index, Tally members)
    {
        var (group, isLast) = (state.Groups[index], index == state.Groups.Length - 1);
        var next = GroupMachine.Next(group.Status, new GroupFacts
        {
            Spec = Groups[index],
            Tally = members,
            Age = Now - group.Since,
            IsGateOpen = group.Status == GroupStatus.Gated ? await AreGatesOpenAsync(index) : null,
            IsLast = isLast,
            MayGrow = isLast && MayGrow,
            TakesAll = state.IsRollback,
            HasGates = gates.All.Any(gate => gate.Place == GatePlace.OfGroup(index)),
        });
        if (next == group.Status)
        {
            return false;
        }

        var name = Groups[index].Name;
        var moved = state with { Groups = state.Groups.SetItem(index, new GroupState(next, Now)) };
        await SaveAsync(Recorded(moved, ($"{name}: {group.Status}", $"{name}: {next}"), "Group", Because.Engine(null)));
        LogGroupMoved(Id, name, group.Status, next);
        if (next is GroupStatus.Failed or GroupStatus.Held)
        {
            await MoveAsync(RolloutSignal.Hold, Because.Engine(WhyHeld(index, members, group.Status == GroupStatus.Gated)));
        }

        return true;
    }
}
