using System.Collections.Immutable;
using Muster.Devices;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>A rollout as it is stored. Members are not here: they are rows of the store.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutState")]
internal sealed record RolloutState
{
    internal const int MaxEvents = 200;

    [Id(0)] public RolloutSpec? Plan { get; init; }

    [Id(1)] public RolloutStatus Status { get; init; }

    [Id(2)] public DateTimeOffset Since { get; init; }

    [Id(3)] public string Author { get; init; } = "";

    [Id(4)] public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Raised by each change that a reader sees; the etag is made of it.</summary>
    [Id(5)] public long Revision { get; init; }

    /// <summary>Null for a draft.</summary>
    [Id(6)] public string? PlanHash { get; init; }

    /// <summary>When the first approval step's turn came.</summary>
    [Id(7)] public DateTimeOffset SubmittedAt { get; init; }

    [Id(8)] public ImmutableArray<StepDecision> Decisions { get; init; } = [];

    [Id(9)] public ImmutableArray<GroupState> Groups { get; init; } = [];

    [Id(10)] public PauseLevel Pause { get; init; }

    [Id(11)] public string? Because { get; init; }

    /// <summary>The newest <see cref="MaxEvents"/> transitions, oldest first.</summary>
    [Id(12)] public ImmutableArray<RolloutEvent> Events { get; init; } = [];

    /// <summary>As it was when the plan was submitted; null for a draft.</summary>
    [Id(13)] public PlannedRelease? Release { get; init; }

    [Id(14)] public AdmissionBucket Bucket { get; init; }

    [Id(15)] public HaltBaseline Baseline { get; init; }

    /// <summary>Failed devices since the last verified one.</summary>
    [Id(16)] public int InARow { get; init; }

    /// <summary>Per silo the last batch of progress that <see cref="InARow"/> knows.</summary>
    [Id(17)] public ImmutableDictionary<string, long> Seen { get; init; } = ImmutableDictionary<string, long>.Empty;

    [Id(18)] public string? RollbackId { get; init; }

    [Id(19)] public string? RollbackOf { get; init; }

    /// <summary>Of a rollout that rolls back: true once no more members will come.</summary>
    [Id(20)] public bool IsSourceClosed { get; init; }

    /// <summary>What pause level all devices under way were told.</summary>
    [Id(21)] public PauseLevel Told { get; init; }

    /// <summary>Indexes of the halt rules that fired.</summary>
    [Id(22)] public ImmutableArray<int> Fired { get; init; } = [];

    /// <summary>True once its time was over: planned members were ended.</summary>
    [Id(23)] public bool IsTimeOver { get; init; }

    /// <summary>Model to its golden release, as it was when the plan was submitted; null for a draft, and for what was submitted before this was kept.</summary>
    [Id(24)] public ImmutableDictionary<string, string>? Golden { get; init; }

    /// <summary>Releases that devices may go back to, kept from being deleted meanwhile.</summary>
    [Id(25)] public ImmutableArray<string> Kept { get; init; } = [];

    internal RolloutSpec Spec => Plan ?? throw new InvalidOperationException("The rollout was never written.");

    internal bool IsRollback => RollbackOf is not null;

    internal string ETag => ETags.Twin(Revision);
}

[GenerateSerializer, Immutable, Alias("muster.RolloutGroupState")]
internal readonly record struct GroupState([property: Id(0)] GroupStatus Status, [property: Id(1)] DateTimeOffset Since);

/// <summary>One decision of the approval chain, with the index of its step.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutStepDecision")]
internal readonly record struct StepDecision([property: Id(0)] int Step, [property: Id(1)] ApprovalDecision Decision);

/// <summary>A transition, and who brought it about. Groups' transitions have the group's name before their words.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutEvent")]
internal sealed record RolloutEvent
{
    [Id(0)] public required string From { get; init; }

    [Id(1)] public required string To { get; init; }

    [Id(2)] public required DateTimeOffset At { get; init; }

    [Id(3)] public required string Trigger { get; init; }

    [Id(4)] public required string Actor { get; init; }

    [Id(5)] public string? Why { get; init; }
}

/// <summary>Who, and why: at most 512 characters.</summary>
internal readonly record struct Because(string Actor, string? Why)
{
    private const int MaxLength = 512;

    internal static Because Engine(string? why) => new("rollout", why);

    internal string? Text => Excerpt.Head(Why, MaxLength);
}
