using System.Collections.Immutable;
using Muster.Errors;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>A rollout as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutView")]
public sealed record RolloutView
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required RolloutSpec Spec { get; init; }

    [Id(2)] public required RolloutStatus Status { get; init; }

    /// <summary>One sentence: why it holds, failed or waits; null if there is nothing to say.</summary>
    [Id(3)] public string? Because { get; init; }

    /// <summary>The principal who wrote it.</summary>
    [Id(4)] public required string Author { get; init; }

    [Id(5)] public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the status was entered, UTC, the silo's clock.</summary>
    [Id(6)] public required DateTimeOffset Since { get; init; }

    /// <summary>Another one after each change.</summary>
    [Id(7)] public required string ETag { get; init; }

    /// <summary>SHA-256 of what is approved, lower-case hex; null for a draft.</summary>
    [Id(8)] public string? PlanHash { get; init; }

    [Id(9)] public PauseLevel Pause { get; init; }

    [Id(10)] public ImmutableArray<GroupView> Groups { get; init; } = [];

    /// <summary>Members.</summary>
    [Id(11)] public int Total { get; init; }

    /// <summary>Members per status; those without any are left out.</summary>
    [Id(12)] public ImmutableDictionary<UpdateStatus, int> Counts { get; init; } = ImmutableDictionary<UpdateStatus, int>.Empty;

    /// <summary>Devices from offered to final, for which room under the limits is held.</summary>
    [Id(13)] public int InFlight { get; init; }

    [Id(14)] public int Attempted { get; init; }

    /// <summary>Devices verified per minute, over the last five; null before there are any.</summary>
    [Id(15)] public double? RatePerMinute { get; init; }

    /// <summary>When the last device would be done at this rate, UTC; null if nothing moves.</summary>
    [Id(16)] public DateTimeOffset? Eta { get; init; }

    [Id(17)] public ImmutableArray<HaltView> Halts { get; init; } = [];

    [Id(18)] public ImmutableArray<ApprovalView> Approvals { get; init; } = [];

    /// <summary>The rollout that takes this one's devices back; null if there is none.</summary>
    [Id(19)] public string? RollbackId { get; init; }

    /// <summary>The rollout that this one takes back; null if it is none of the kind.</summary>
    [Id(20)] public string? RollbackOf { get; init; }

    /// <summary>Devices that may be admitted per minute now; null for any number.</summary>
    [Id(21)] public double? AdmittedPerMinute { get; init; }
}

/// <summary>A group as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.GroupView")]
public sealed record GroupView
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required GroupStatus Status { get; init; }

    [Id(2)] public required int Total { get; init; }

    [Id(3)] public ImmutableDictionary<UpdateStatus, int> Counts { get; init; } = ImmutableDictionary<UpdateStatus, int>.Empty;

    [Id(4)] public int Attempted { get; init; }

    [Id(5)] public int Succeeded { get; init; }

    [Id(6)] public int Failed { get; init; }

    [Id(7)] public DateTimeOffset? Since { get; init; }
}

/// <summary>How far a halt rule is from firing.</summary>
[GenerateSerializer, Immutable, Alias("muster.HaltView")]
public sealed record HaltView
{
    [Id(0)] public required HaltRule Rule { get; init; }

    /// <summary>What is counted now, in the rule's unit.</summary>
    [Id(1)] public required double Value { get; init; }

    /// <summary>Attempted devices that are still missing before it is looked at; 0 if none.</summary>
    [Id(2)] public int MissingSample { get; init; }

    [Id(3)] public bool HasFired { get; init; }
}

/// <summary>A step of the approval chain as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.ApprovalView")]
public sealed record ApprovalView
{
    [Id(0)] public required ApprovalStep Step { get; init; }

    /// <summary><c>Waiting</c>, <c>Pending</c> (its turn), <c>Approved</c>, <c>Denied</c> or <c>Expired</c>.</summary>
    [Id(1)] public required string Status { get; init; }

    [Id(2)] public ImmutableArray<ApprovalDecision> Decisions { get; init; } = [];

    /// <summary>When the step expires, UTC; null before its turn.</summary>
    [Id(3)] public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What one principal decided.</summary>
[GenerateSerializer, Immutable, Alias("muster.ApprovalDecision")]
public sealed record ApprovalDecision
{
    [Id(0)] public required string Principal { get; init; }

    [Id(1)] public required bool IsApproved { get; init; }

    [Id(2)] public required DateTimeOffset At { get; init; }

    /// <summary>At most 1024 characters; null if there is none.</summary>
    [Id(3)] public string? Comment { get; init; }

    /// <summary>The plan that was decided on.</summary>
    [Id(4)] public required string PlanHash { get; init; }
}

/// <summary>What a rollout would do, found without doing anything.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutPlan")]
public sealed record RolloutPlan
{
    /// <summary>SHA-256 of what is approved, lower-case hex.</summary>
    [Id(0)] public required string Hash { get; init; }

    /// <summary>Devices that would be members.</summary>
    [Id(1)] public required int Total { get; init; }

    [Id(2)] public ImmutableArray<PlannedGroup> Groups { get; init; } = [];

    /// <summary>Reason (<c>AlreadyCurrent</c>, <c>Incompatible</c>, <c>ModelUnknown</c>, <c>Excluded</c>, …) to how many members would end so at once.</summary>
    [Id(3)] public ImmutableDictionary<string, int> Exclusions { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Members that a live rollout holds.</summary>
    [Id(4)] public ImmutableArray<PlanConflict> Conflicts { get; init; } = [];

    /// <summary>Bytes that would be downloaded.</summary>
    [Id(5)] public long Bytes { get; init; }

    /// <summary>Site to how many of its devices would be updated, and how many of them at once at most; the 1,000 largest.</summary>
    [Id(6)] public ImmutableArray<PlannedSite> Sites { get; init; } = [];

    /// <summary>How long it takes at least, by rate, limits and soak times; null if nothing bounds it.</summary>
    [Id(7)] public TimeSpan? Estimate { get; init; }

    /// <summary>Model to how many members.</summary>
    [Id(8)] public ImmutableDictionary<string, int> Models { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>One page of the members, by id.</summary>
    [Id(9)] public ImmutableArray<PlannedDevice> Devices { get; init; } = [];

    /// <summary>For the next page; null after the last.</summary>
    [Id(10)] public string? Continuation { get; init; }
}

[GenerateSerializer, Immutable, Alias("muster.PlannedGroup")]
public sealed record PlannedGroup([property: Id(0)] string Name, [property: Id(1)] int Total);

/// <summary>A live rollout, and how many of the members it holds.</summary>
[GenerateSerializer, Immutable, Alias("muster.PlanConflict")]
public sealed record PlanConflict([property: Id(0)] string Rollout, [property: Id(1)] int Devices);

[GenerateSerializer, Immutable, Alias("muster.PlannedSite")]
public sealed record PlannedSite([property: Id(0)] string Site, [property: Id(1)] int Devices, [property: Id(2)] int AtOnce);

/// <param name="DeviceId">The device.</param>
/// <param name="Group">Index of its group.</param>
/// <param name="Exclusion">Why nothing would be done; null if something would.</param>
[GenerateSerializer, Immutable, Alias("muster.PlannedDevice")]
public sealed record PlannedDevice([property: Id(0)] string DeviceId, [property: Id(1)] int Group, [property: Id(2)] string? Exclusion);

/// <summary>A member as it stands.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutMember")]
public sealed record RolloutMember
{
    [Id(0)] public required string DeviceId { get; init; }

    [Id(1)] public required int Group { get; init; }

    [Id(2)] public required UpdateStatus Status { get; init; }

    [Id(3)] public required int Attempt { get; init; }

    [Id(4)] public string? Reason { get; init; }

    [Id(5)] public string? Site { get; init; }

    [Id(6)] public DateTimeOffset? ChangedAt { get; init; }
}

/// <summary>A rollout, or why not.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutReply")]
public abstract record RolloutReply
{
    private RolloutReply() { }

    [GenerateSerializer, Immutable, Alias("muster.RolloutReply.Found")]
    public sealed record Found([property: Id(0)] RolloutView Rollout) : RolloutReply;

    [GenerateSerializer, Immutable, Alias("muster.RolloutReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : RolloutReply;
}

/// <summary>A plan, or why not.</summary>
[GenerateSerializer, Immutable, Alias("muster.PlanReply")]
public abstract record PlanReply
{
    private PlanReply() { }

    [GenerateSerializer, Immutable, Alias("muster.PlanReply.Found")]
    public sealed record Found([property: Id(0)] RolloutPlan Plan) : PlanReply;

    [GenerateSerializer, Immutable, Alias("muster.PlanReply.Refused")]
    public sealed record Refused([property: Id(0)] Refusal Why) : PlanReply;
}
