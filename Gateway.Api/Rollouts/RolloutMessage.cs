using Muster.Gates;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>A plan as it travels, both ways. Fields that are not known are refused. Durations are ISO 8601 (<c>PT30M</c>, <c>P7D</c>); <c>hh:mm:ss</c> is read too.</summary>
internal sealed record RolloutMessage
{
    /// <summary>1 to 64 lower-case letters, digits and -. Absent: the name and a few letters. Only where a rollout is made.</summary>
    public string? Id { get; init; }

    /// <summary>1 to 128 characters, for people.</summary>
    public required string Name { get; init; }

    /// <summary>A published release's id, such as <c>fuel-pump-fw@2.0.0</c>.</summary>
    public required string Release { get; init; }

    public required TargetMessage Target { get; init; }

    /// <summary>Opened in this order, at most 100. Default one of everything.</summary>
    public GroupMessage[]? Groups { get; init; }

    public RateMessage? Rate { get; init; }

    /// <summary>Devices at once from offered to final, 1 to 1000000. Default any number.</summary>
    public int? MaxInFlight { get; init; }

    public BudgetMessage? Budget { get; init; }

    /// <summary>What ends the progress by itself, at most 20. Default nothing does.</summary>
    public HaltMessage[]? Halts { get; init; }

    public TimeoutsMessage? Timeouts { get; init; }

    public HealthMessage? Health { get; init; }

    public RetryMessage? Retry { get; init; }

    /// <summary>When devices may install, at most 20. Default any time.</summary>
    public WindowMessage[]? Windows { get; init; }

    /// <summary>When none may, at most 100.</summary>
    public BlackoutMessage[]? Blackouts { get; init; }

    /// <summary>How much of its window has to be left when a device begins, PT0S to P7D, no longer than the longest window. Default install, reboot and verify of timeouts together.</summary>
    public string? InstallTime { get; init; }

    /// <summary>What has to agree before the update of a device, a group, a site or the whole rollout goes on; at most 10.</summary>
    public GateMessage[]? Gates { get; init; }

    /// <summary>Not before. Default as soon as it is started.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>No new offers after. Default never.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>0 to 1000; a higher one takes devices that a lower one has not begun to install on. Default 500.</summary>
    public int? Priority { get; init; }

    /// <summary>Who has to approve, in this order, at most 10. Default nobody.</summary>
    public ApprovalStepMessage[]? Approvals { get; init; }

    /// <summary>Whether a device whose update turns out bad goes back by itself. Default true.</summary>
    public bool? RollsBack { get; init; }

    internal static RolloutMessage From(RolloutSpec spec) => new()
    {
        Name = spec.Name,
        Release = spec.Release,
        Target = TargetMessage.From(spec.Target),
        Groups = [.. spec.Groups.Select(GroupMessage.From)],
        Rate = RateMessage.From(spec.Rate),
        MaxInFlight = spec.MaxInFlight,
        Budget = spec.Budget is { } budget ? new BudgetMessage { Tag = budget.Tag, MaxUnavailable = budget.MaxUnavailable } : null,
        Halts = [.. spec.Halts.Select(HaltMessage.From)],
        Timeouts = TimeoutsMessage.From(spec.Timeouts),
        Health = HealthMessage.From(spec.Health),
        Retry = RetryMessage.From(spec.Retry),
        Windows = [.. spec.Windows.Select(WindowMessage.From)],
        Blackouts = [.. spec.Blackouts.Select(BlackoutMessage.Of)],
        InstallTime = spec.InstallTime is { } time ? Durations.Text(time) : null,
        Gates = [.. spec.Gates.Select(GateMessage.From)],
        StartsAt = spec.StartsAt,
        EndsAt = spec.EndsAt,
        Priority = spec.Priority,
        Approvals = [.. spec.Approvals.Select(ApprovalStepMessage.From)],
        RollsBack = spec.RollsBack,
    };
}

/// <summary>Which devices.</summary>
internal sealed record TargetMessage
{
    /// <summary>Of IoT Hub's query language, such as <c>tags.site = 'harbour'</c>; the empty text is every device.</summary>
    public required string Condition { get; init; }

    /// <summary>Whether devices that come to fulfil the condition later join. Default false.</summary>
    public bool? Continuous { get; init; }

    /// <summary>More devices than this are refused, 1 to 1000000. Default 1000000.</summary>
    public int? Max { get; init; }

    /// <summary>Devices whose tag of this name is true are left alone. Default <c>noUpdate</c>.</summary>
    public string? ExcludeTag { get; init; }

    /// <summary>Only these, at most 10000, that fulfil the condition besides. Default all.</summary>
    public string[]? Devices { get; init; }

    internal static TargetMessage From(RolloutTarget target) => new()
    {
        Condition = target.Condition,
        Continuous = target.Continuous,
        Max = target.Max,
        ExcludeTag = target.ExcludeTag,
        Devices = target.Devices.IsDefaultOrEmpty ? null : [.. target.Devices],
    };
}

/// <summary>One group; one of percent, count and condition. The last may have none and takes the rest.</summary>
internal sealed record GroupMessage
{
    /// <summary>1 to 64 characters, each once.</summary>
    public required string Name { get; init; }

    /// <summary>Of all members, above 0, up to 100.</summary>
    public double? Percent { get; init; }

    /// <summary>From 1.</summary>
    public int? Count { get; init; }

    public string? Condition { get; init; }

    /// <summary>Verified devices over attempted ones that let the next group open, above 0, up to 100. Default 95.</summary>
    public double? SuccessPercent { get; init; }

    /// <summary>Verified devices at least. Default 1.</summary>
    public int? MinSucceeded { get; init; }

    /// <summary>How long the group rests before the next opens. Default PT0S.</summary>
    public string? Soak { get; init; }

    /// <summary>Whether an operator has to let the next group open. Default false.</summary>
    public bool? PausesAfter { get; init; }

    internal static GroupMessage From(GroupSpec group) => new()
    {
        Name = group.Name,
        Percent = group.Percent,
        Count = group.Count,
        Condition = group.Condition,
        SuccessPercent = group.SuccessPercent,
        MinSucceeded = group.MinSucceeded,
        Soak = Durations.Text(group.Soak),
        PausesAfter = group.PausesAfter,
    };
}

/// <summary>How fast devices are admitted.</summary>
internal sealed record RateMessage
{
    /// <summary>Devices per minute, from 1. Default any number.</summary>
    public int? PerMinute { get; init; }

    /// <summary>By what the rate grows each time that <see cref="Every"/> more devices have been verified, 1 to 10. Default 1.</summary>
    public double? Factor { get; init; }

    /// <summary>Default 100.</summary>
    public int? Every { get; init; }

    public int? MaxPerMinute { get; init; }

    internal static RateMessage From(RolloutRate rate) =>
        new() { PerMinute = rate.PerMinute, Factor = rate.Factor, Every = rate.Every, MaxPerMinute = rate.MaxPerMinute };
}

/// <summary>How many devices of one site may be under update at once.</summary>
internal sealed record BudgetMessage
{
    /// <summary>The tag that says the site, such as <c>site</c> or <c>place.plant</c>.</summary>
    public required string Tag { get; init; }

    /// <summary>From 1.</summary>
    public required int MaxUnavailable { get; init; }
}

/// <summary>Fires when more than the limit is counted; 0 fires at the first.</summary>
internal sealed record HaltMessage
{
    /// <summary>failedPercent, failedCount, consecutive, critical or unreachablePercent.</summary>
    public required string Kind { get; init; }

    /// <summary>Percent for the kinds of percent, else devices; from 0.</summary>
    public required double Limit { get; init; }

    /// <summary>For percentages: attempted devices before it is looked at. Default 10.</summary>
    public int? MinSample { get; init; }

    /// <summary>hold (the default), abort or rollBack.</summary>
    public string? Action { get; init; }

    internal static HaltMessage From(HaltRule rule) =>
        new() { Kind = Words.Of(rule.Kind), Limit = rule.Limit, MinSample = rule.MinSample, Action = Words.Of(rule.Action) };
}

/// <summary>One step of the approval chain.</summary>
internal sealed record ApprovalStepMessage
{
    public required string Role { get; init; }

    /// <summary>How many principals of the role have to approve, 1 to 20. Default 1.</summary>
    public int? Required { get; init; }

    /// <summary>Default P14D.</summary>
    public string? ExpiresAfter { get; init; }

    internal static ApprovalStepMessage From(ApprovalStep step) =>
        new() { Role = step.Role, Required = step.Required, ExpiresAfter = Durations.Text(step.ExpiresAfter) };
}
