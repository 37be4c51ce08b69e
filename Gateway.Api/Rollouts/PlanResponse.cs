using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>What a rollout would do.</summary>
internal sealed record PlanResponse
{
    /// <summary>SHA-256 of what is approved; decisions name it.</summary>
    public required string PlanHash { get; init; }

    /// <summary>Devices that would be members.</summary>
    public required int Total { get; init; }

    public required PlannedGroupResponse[] Groups { get; init; }

    /// <summary>Reason to how many members would end so at once.</summary>
    public required IReadOnlyDictionary<string, int> Exclusions { get; init; }

    /// <summary>Live rollouts, and how many of the members they hold.</summary>
    public required PlanConflictResponse[] Conflicts { get; init; }

    /// <summary>What would be downloaded.</summary>
    public required long Bytes { get; init; }

    /// <summary>The 1000 largest.</summary>
    public required PlannedSiteResponse[] Sites { get; init; }

    /// <summary>How long it takes at least, an ISO 8601 duration; absent if nothing bounds it.</summary>
    public string? Estimate { get; init; }

    /// <summary>Model to how many members.</summary>
    public required IReadOnlyDictionary<string, int> Models { get; init; }

    /// <summary>One page of the members, by id.</summary>
    public required PlannedDeviceResponse[] Devices { get; init; }

    /// <summary>For the next page; absent after the last.</summary>
    public string? Continuation { get; init; }

    internal static PlanResponse From(RolloutPlan plan) => new()
    {
        PlanHash = plan.Hash,
        Total = plan.Total,
        Groups = [.. plan.Groups.Select(static group => new PlannedGroupResponse(group.Name, group.Total))],
        Exclusions = Sorted(plan.Exclusions),
        Conflicts = [.. plan.Conflicts.Select(static conflict => new PlanConflictResponse(conflict.Rollout, conflict.Devices))],
        Bytes = plan.Bytes,
        Sites = [.. plan.Sites.Select(static site => new PlannedSiteResponse(site.Site, site.Devices, site.AtOnce))],
        Estimate = plan.Estimate is { } estimate ? Durations.Text(estimate) : null,
        Models = Sorted(plan.Models),
        Devices = [.. plan.Devices.Select(static device => new PlannedDeviceResponse(device.DeviceId, device.Group, device.Exclusion))],
        Continuation = plan.Continuation,
    };

    private static SortedDictionary<string, int> Sorted(IEnumerable<KeyValuePair<string, int>> counts)
    {
        var sorted = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, count) in counts)
        {
            sorted.Add(name, count);
        }

        return sorted;
    }
}

internal sealed record PlannedGroupResponse(string Name, int Total);

internal sealed record PlanConflictResponse(string Rollout, int Devices);

/// <param name="AtOnce">How many of the site's devices would be under update at once at most.</param>
internal sealed record PlannedSiteResponse(string Site, int Devices, int AtOnce);

/// <param name="Group">Which of the groups, from 0.</param>
/// <param name="Exclusion">Why nothing would be done; absent if something would.</param>
internal sealed record PlannedDeviceResponse(string DeviceId, int Group, string? Exclusion);

/// <summary>A member as it stands.</summary>
/// <param name="Group">Which of the groups, from 0.</param>
/// <param name="Reason">Absent unless it ended otherwise than well.</param>
internal sealed record MemberResponse(string DeviceId, int Group, string Status, int Attempt, string? Reason, string? Site, DateTimeOffset? ChangedTime)
{
    internal static MemberResponse From(RolloutMember member) => new(
        member.DeviceId, member.Group, Words.Of(member.Status), member.Attempt, member.Reason, member.Site, member.ChangedAt);
}

/// <param name="Items">By device id.</param>
/// <param name="Next">To go on with as after; absent after the last page.</param>
internal sealed record MembersResponse(MemberResponse[] Items, string? Next);
