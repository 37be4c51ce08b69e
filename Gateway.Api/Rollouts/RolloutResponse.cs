using System.Collections.Immutable;
using Muster.Gateway;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>A rollout as it stands.</summary>
internal sealed record RolloutResponse
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Etag { get; init; }

    /// <summary>draft, inReview, approved, scheduled, starting, running, paused, holding, completing, aborting, rollingBack, completed, completedWithFailures, aborted, rolledBack, rollbackFailed, withdrawn, rejected or expired.</summary>
    public required string Status { get; init; }

    /// <summary>One sentence: why it holds, failed or waits.</summary>
    public string? Because { get; init; }

    /// <summary>When the status was entered, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    public required string Author { get; init; }

    public required DateTimeOffset CreatedTime { get; init; }

    public required string Release { get; init; }

    /// <summary>SHA-256 of what is approved.</summary>
    public string? PlanHash { get; init; }

    /// <summary>none, offers, installs or reboots.</summary>
    public required string Pause { get; init; }

    /// <summary>Members.</summary>
    public required int Total { get; init; }

    /// <summary>Members per status; those without any are left out.</summary>
    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <summary>Devices from offered to final.</summary>
    public required int InFlight { get; init; }

    /// <summary>Devices that fetched the deployment.</summary>
    public required int Attempted { get; init; }

    /// <summary>Devices verified per minute, over the last five; absent before there are any.</summary>
    public double? RatePerMinute { get; init; }

    /// <summary>Devices that may be admitted per minute now; absent for any number.</summary>
    public double? AdmittedPerMinute { get; init; }

    /// <summary>When the last device would be done at this rate, UTC; absent if nothing moves.</summary>
    public DateTimeOffset? Eta { get; init; }

    public required GroupResponse[] Groups { get; init; }

    public required HaltResponse[] Halts { get; init; }

    public required ApprovalStepResponse[] Approvals { get; init; }

    /// <summary>The rollout that takes this one's devices back.</summary>
    public string? RollbackId { get; init; }

    /// <summary>The rollout that this one takes back.</summary>
    public string? RollbackOf { get; init; }

    /// <summary>The plan, in the form in which PUT takes it; absent in lists and progress.</summary>
    public RolloutMessage? Spec { get; init; }

    internal static RolloutResponse Full(RolloutView view) => Summary(view) with { Spec = RolloutMessage.From(view.Spec) };

    internal static RolloutResponse Summary(RolloutView view) => new()
    {
        Id = view.Id,
        Name = view.Spec.Name,
        Etag = view.ETag,
        Status = Words.Of(view.Status),
        Because = view.Because,
        Since = view.Since,
        Author = view.Author,
        CreatedTime = view.CreatedAt,
        Release = view.Spec.Release,
        PlanHash = view.PlanHash,
        Pause = Words.Of(view.Pause),
        Total = view.Total,
        Counts = Named(view.Counts),
        InFlight = view.InFlight,
        Attempted = view.Attempted,
        RatePerMinute = view.RatePerMinute,
        AdmittedPerMinute = view.AdmittedPerMinute,
        Eta = view.Eta,
        Groups = [.. view.Groups.Select(GroupResponse.From)],
        Halts = [.. view.Halts.Select(HaltResponse.From)],
        Approvals = [.. view.Approvals.Select(ApprovalStepResponse.From)],
        RollbackId = view.RollbackId,
        RollbackOf = view.RollbackOf,
    };

    /// <summary>In the order in which a device goes through them.</summary>
    internal static Dictionary<string, int> Named(ImmutableDictionary<UpdateStatus, int> counts) =>
        counts.Where(static count => count.Value != 0).OrderBy(static count => count.Key).ToDictionary(static count => Words.Of(count.Key), static count => count.Value, StringComparer.Ordinal);
}

/// <summary>A group as it stands.</summary>
/// <param name="Status">pending, gated, open, draining, soaking, passed, failed or held.</param>
/// <param name="Since">When the status was entered, UTC.</param>
internal sealed record GroupResponse(
    string Name, string Status, int Total, IReadOnlyDictionary<string, int> Counts, int Attempted, int Succeeded, int Failed, DateTimeOffset? Since)
{
    internal static GroupResponse From(GroupView group) => new(
        group.Name, Words.Of(group.Status), group.Total, RolloutResponse.Named(group.Counts), group.Attempted, group.Succeeded, group.Failed, group.Since);
}

/// <summary>How far a halt rule is from firing: when <paramref name="Value"/> is above <paramref name="Limit"/>.</summary>
/// <param name="Distance">What is left up to the limit, in the rule's unit; 0 at or above it.</param>
/// <param name="MissingSample">Attempted devices that are still missing before it is looked at.</param>
internal sealed record HaltResponse(string Kind, double Limit, int MinSample, string Action, double Value, double Distance, int MissingSample, bool HasFired)
{
    internal static HaltResponse From(HaltView halt) => new(
        Words.Of(halt.Rule.Kind), halt.Rule.Limit, halt.Rule.MinSample, Words.Of(halt.Rule.Action), halt.Value,
        Math.Max(0, halt.Rule.Limit - halt.Value), halt.MissingSample, halt.HasFired);
}

/// <summary>A step of the approval chain as it stands.</summary>
/// <param name="Status">waiting, pending (its turn), approved, denied or expired.</param>
/// <param name="ExpiresTime">UTC; absent before its turn.</param>
internal sealed record ApprovalStepResponse(string Role, int Required, string Status, DecisionResponse[] Decisions, DateTimeOffset? ExpiresTime)
{
    internal static ApprovalStepResponse From(ApprovalView step) => new(
        step.Step.Role, step.Step.Required, System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(step.Status),
        [.. step.Decisions.Select(DecisionResponse.From)], step.ExpiresAt);
}

/// <param name="Decision">approve or deny.</param>
/// <param name="PlanHash">The plan that was decided on.</param>
internal sealed record DecisionResponse(string Principal, string Decision, DateTimeOffset Time, string? Comment, string PlanHash)
{
    internal static DecisionResponse From(ApprovalDecision decision) => new(
        decision.Principal, Words.Of(decision.IsApproved ? Verdict.Approve : Verdict.Deny), decision.At, decision.Comment, decision.PlanHash);
}

/// <param name="Items">Newest first.</param>
/// <param name="Next">To go on with as after; absent after the last page.</param>
internal sealed record RolloutsResponse(RolloutResponse[] Items, string? Next);
