using System.Collections.Immutable;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>How a rollout looks from outside.</summary>
internal sealed partial class RolloutGrain
{
    private static readonly TimeSpan ViewAge = TimeSpan.FromSeconds(1);

    private async Task<RolloutView> ViewAsync()
    {
        if (state.Status >= RolloutStatus.Starting && (countedAt is not { } at || Now - at >= ViewAge))
        {
            await CountAsync();
        }

        var rate = state.Status.IsLive() ? successes.PerMinute : null;
        return new RolloutView
        {
            Id = Id,
            Spec = state.Spec,
            Status = state.Status,
            Because = WhyHere(),
            Author = state.Author,
            CreatedAt = state.CreatedAt,
            Since = state.Since,
            ETag = state.ETag,
            PlanHash = state.PlanHash,
            Pause = state.Status == RolloutStatus.Paused ? state.Pause : PauseLevel.None,
            Groups = [.. state.Groups.Select((group, i) => View(group, Groups[i].Name, [.. counts[i]]))],
            Total = tally.Total,
            Counts = ByStatus(counts.SelectMany(static group => group)),
            InFlight = tally.Granted,
            Attempted = tally.Attempted,
            RatePerMinute = rate,
            Eta = rate is { } perMinute && tally.Final < tally.Total ? Now + TimeSpan.FromMinutes(Math.Min((tally.Total - tally.Final) / perMinute, 5_000_000)) : null,
            Halts = [.. state.Spec.Halts.Select((rule, i) => View(rule, Read(rule), state.Fired.Contains(i)))],
            Approvals = RolloutApprovals.View(state),
            RollbackId = state.RollbackId,
            RollbackOf = state.RollbackOf,
            AdmittedPerMinute = AdmissionRate.PerMinute(state.Spec.Rate, tally.Succeeded),
        };
    }

    private string? Conflict() =>
        unwilling.Values.Where(static device => device is { Holder: not null, Tries: > 2 }).CountBy(static device => device.Holder!).OrderByDescending(static held => held.Value)
            .Select(static held => $"The rollout {held.Key} holds {held.Value} of the devices whose turn it is.").FirstOrDefault();

    private static GroupView View(GroupState group, string name, ImmutableArray<TargetCount> members)
    {
        var of = Tally.Of(members);
        return new GroupView
        {
            Name = name,
            Status = group.Status,
            Total = of.Total,
            Counts = ByStatus(members),
            Attempted = of.Attempted,
            Succeeded = of.Succeeded,
            Failed = of.Failed,
            Since = group.Since == default ? null : group.Since,
        };
    }

    private static HaltView View(HaltRule rule, HaltReading reading, bool hasFired) =>
        new() { Rule = rule, Value = double.IsNaN(reading.Value) ? 0 : reading.Value, MissingSample = reading.Missing, HasFired = hasFired };

    private static ImmutableDictionary<UpdateStatus, int> ByStatus(IEnumerable<TargetCount> members) =>
        members.GroupBy(static count => count.Status).ToImmutableDictionary(static of => of.Key, static of => of.Sum(static count => count.Members));
}
