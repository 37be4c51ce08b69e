using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Muster.Gates;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What an author wants: one release for chosen devices, group by group. What is approved is the hash of it.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutSpec")]
public sealed record RolloutSpec
{
    /// <summary>1 to 128 characters, for people.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>A published release's id.</summary>
    [Id(1)] public required string Release { get; init; }

    [Id(2)] public required RolloutTarget Target { get; init; }

    /// <summary>1 to 100, opened in this order. Empty stands for one of everything.</summary>
    [Id(3)] public ImmutableArray<GroupSpec> Groups { get; init; } = [];

    [Id(4)] public RolloutRate Rate { get; init; } = RolloutRate.Unlimited;

    /// <summary>Devices at once from offered to final, 1 to 1,000,000; null for any number.</summary>
    [Id(5)] public int? MaxInFlight { get; init; }

    /// <summary>Null for none.</summary>
    [Id(6)] public DisruptionBudget? Budget { get; init; }

    /// <summary>Any of them ends the progress; at most 20.</summary>
    [Id(7)] public ImmutableArray<HaltRule> Halts { get; init; } = [];

    [Id(8)] public UpdateTimeouts Timeouts { get; init; } = UpdateTimeouts.Default;

    [Id(9)] public HealthRule Health { get; init; } = HealthRule.None;

    [Id(10)] public RetryRule Retry { get; init; } = RetryRule.None;

    [Id(11)] public ImmutableArray<MaintenanceWindow> Windows { get; init; } = [];

    [Id(12)] public ImmutableArray<Blackout> Blackouts { get; init; } = [];

    /// <summary>Not before, UTC; null for as soon as it is started.</summary>
    [Id(13)] public DateTimeOffset? StartsAt { get; init; }

    /// <summary>No new offers after, UTC; null for never. A continuous rollout completes then.</summary>
    [Id(14)] public DateTimeOffset? EndsAt { get; init; }

    /// <summary>0 to 1000; a higher one takes devices that a lower one has not begun to install on. Default 500.</summary>
    [Id(15)] public int Priority { get; init; } = 500;

    /// <summary>Who has to approve, in this order; empty for nobody. At most 10.</summary>
    [Id(16)] public ImmutableArray<ApprovalStep> Approvals { get; init; } = [];

    /// <summary>True if a device whose update turns out bad goes back by itself. Default true.</summary>
    [Id(17)] public bool RollsBack { get; init; } = true;

    /// <summary>What has to agree before the rollout, a group, a site or a device goes on; at most 10, those of sites times the sites at most 1,000.</summary>
    [Id(18)] public ImmutableArray<GateSpec> Gates { get; init; } = [];

    /// <summary>
    /// How long a device needs to install, reboot and verify: it begins only while so much of its window, and of the time before the next blackout, is left. 0 to 7 days, no
    /// longer than the longest window; 0 lets it begin at any time of its window. Default, null: what <see cref="Timeouts"/> allows for these three.
    /// </summary>
    [Id(19), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public TimeSpan? InstallTime { get; init; }
}

/// <summary>Which devices.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutTarget")]
public sealed record RolloutTarget
{
    /// <summary>A condition of IoT Hub's query language, such as <c>tags.site = 'harbour'</c>; empty for every device.</summary>
    [Id(0)] public required string Condition { get; init; }

    /// <summary>True: devices that come to fulfil the condition later join, until the rollout ends. Default false: those that do when it starts.</summary>
    [Id(1)] public bool Continuous { get; init; }

    /// <summary>At most so many devices, 1 to 1,000,000. Default 1,000,000; a condition that more fulfil is refused.</summary>
    [Id(2)] public int Max { get; init; } = 1_000_000;

    /// <summary>Devices whose tag of this name is true are left alone. Default <c>noUpdate</c>.</summary>
    [Id(3)] public string ExcludeTag { get; init; } = "noUpdate";

    /// <summary>Only these devices, at most 10,000, that fulfil the condition besides; empty for all.</summary>
    [Id(4)] public ImmutableArray<string> Devices { get; init; } = [];
}

/// <summary>One group. Exactly one of <see cref="Percent"/>, <see cref="Count"/> and <see cref="Condition"/>; the last group may have none and takes the rest.</summary>
[GenerateSerializer, Immutable, Alias("muster.GroupSpec")]
public sealed record GroupSpec
{
    /// <summary>1 to 64 characters, each once in a rollout.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Of all members, above 0, up to 100; those of all groups together 100 at most.</summary>
    [Id(1)] public double? Percent { get; init; }

    [Id(2)] public int? Count { get; init; }

    /// <summary>A condition; a device belongs to the first group whose condition it fulfils.</summary>
    [Id(3)] public string? Condition { get; init; }

    /// <summary>Verified devices over attempted ones that let the next group open, above 0, up to 100. Default 95.</summary>
    [Id(4)] public double SuccessPercent { get; init; } = 95;

    /// <summary>Verified devices at least. Default 1.</summary>
    [Id(5)] public int MinSucceeded { get; init; } = 1;

    /// <summary>How long the group rests after its last device before the next opens. Default 0.</summary>
    [Id(6)] public TimeSpan Soak { get; init; }

    /// <summary>True if an operator has to let the next group open. Default false.</summary>
    [Id(7)] public bool PausesAfter { get; init; }
}

/// <summary>How fast devices are admitted.</summary>
[GenerateSerializer, Immutable, Alias("muster.RolloutRate")]
public sealed record RolloutRate
{
    public static RolloutRate Unlimited { get; } = new();

    /// <summary>Devices per minute, 1 to 1,000,000; null for any number.</summary>
    [Id(0)] public int? PerMinute { get; init; }

    /// <summary>By what the rate grows each time that <see cref="Every"/> more devices have been verified; 1 stays. 1 to 10. Default 1.</summary>
    [Id(1)] public double Factor { get; init; } = 1;

    /// <summary>Verified devices. Default 100.</summary>
    [Id(2)] public int Every { get; init; } = 100;

    /// <summary>The rate never grows above; null for no bound.</summary>
    [Id(3)] public int? MaxPerMinute { get; init; }
}

/// <summary>How many devices of one site may be under update at once.</summary>
[GenerateSerializer, Immutable, Alias("muster.DisruptionBudget")]
public sealed record DisruptionBudget
{
    /// <summary>The tag that says the site, such as <c>site</c> or <c>place.plant</c>. Devices without it are of one site, the empty text.</summary>
    [Id(0)] public required string Tag { get; init; }

    /// <summary>From 1.</summary>
    [Id(1)] public required int MaxUnavailable { get; init; }
}

/// <summary>What counts towards a halt. Stored; append only.</summary>
public enum HaltKind : int
{
    /// <summary>Failed devices over attempted ones, once there are <see cref="HaltRule.MinSample"/> attempted.</summary>
    FailedPercent = 1,

    /// <summary>Failed devices.</summary>
    FailedCount = 2,

    /// <summary>Failed devices one after the other, no verified one between.</summary>
    Consecutive = 3,

    /// <summary>Devices that did not come back after an install, were quarantined, or could not be rolled back.</summary>
    Critical = 4,

    /// <summary>Devices that were never reached, over all that were offered and are final.</summary>
    UnreachablePercent = 5,
}

/// <summary>What a halt does. Stored; append only.</summary>
public enum HaltAction : int
{
    /// <summary>No new offers until an operator resumes or aborts.</summary>
    Hold = 1,

    /// <summary>No new offers, whatever has not begun to install is canceled; the rest finishes.</summary>
    Abort = 2,

    /// <summary>As above, then devices that were touched go back to what they ran before.</summary>
    RollBack = 3,
}

/// <summary>Fires when more than <see cref="Limit"/> is counted. A limit of 0 fires at the first.</summary>
[GenerateSerializer, Immutable, Alias("muster.HaltRule")]
public sealed record HaltRule
{
    [Id(0)] public required HaltKind Kind { get; init; }

    /// <summary>Percent for the kinds of percent, else a number of devices; from 0.</summary>
    [Id(1)] public required double Limit { get; init; }

    /// <summary>For percentages: attempted devices before it is looked at. From 1. Default 10.</summary>
    [Id(2)] public int MinSample { get; init; } = 10;

    [Id(3)] public HaltAction Action { get; init; } = HaltAction.Hold;
}

/// <summary>One step of an approval chain.</summary>
[GenerateSerializer, Immutable, Alias("muster.ApprovalStep")]
public sealed record ApprovalStep
{
    /// <summary>The role that decides.</summary>
    [Id(0)] public required string Role { get; init; }

    /// <summary>How many principals of the role have to approve, 1 to 20. Default 1.</summary>
    [Id(1)] public int Required { get; init; } = 1;

    /// <summary>How long the step may wait. Default 14 days.</summary>
    [Id(2)] public TimeSpan ExpiresAfter { get; init; } = TimeSpan.FromDays(14);
}
