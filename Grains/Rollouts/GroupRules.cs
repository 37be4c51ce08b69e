using System.Collections.Immutable;

namespace Muster.Rollouts;

/// <summary>What the groups of a plan must be: each device is to be in exactly one of them. Pure.</summary>
internal static class GroupRules
{
    internal const int MaxGroups = 100;

    /// <summary>Percentages are numbers that people wrote: 33.3 + 33.3 + 33.4 is 100.</summary>
    private const double Slack = 1e-6;

    internal static void Check(PlanErrors errors, ImmutableArray<GroupSpec> groups)
    {
        errors.If(groups.IsDefault || groups.Length > MaxGroups, "groups", $"There are at most {MaxGroups} groups.");
        if (groups.IsDefaultOrEmpty)
        {
            return;
        }

        foreach (var twice in groups.GroupBy(static group => group.Name, StringComparer.Ordinal).Where(static same => same.Count() > 1))
        {
            errors.If(true, "groups", $"Two groups are called '{twice.Key}'.");
        }

        for (var i = 0; i < groups.Length; i++)
        {
            CheckOne(errors, $"groups[{i}]", groups[i], isLast: i == groups.Length - 1);
        }

        CheckWhole(errors, groups);
    }

    private static void CheckOne(PlanErrors errors, string path, GroupSpec group, bool isLast)
    {
        errors.If(!RolloutRules.IsText(group.Name, 64), $"{path}.name", "The name of a group has 1 to 64 characters.");
        var selectors = (group.Percent is null ? 0 : 1) + (group.Count is null ? 0 : 1) + (group.Condition is null ? 0 : 1);
        errors.If(selectors > 1, path, $"Group '{group.Name}' has more than one of percent, count and condition.");
        errors.If(selectors == 0 && !isLast, path, $"Group '{group.Name}' has neither percent, count nor condition; only the last group may.");
        errors.If(group.Percent is { } percent && percent is not (> 0 and <= 100), $"{path}.percent", $"Group '{group.Name}' cannot have {group.Percent} % of the devices.");
        errors.If(group.Count is < 1 or > RolloutRules.MaxMembers, $"{path}.count", $"Group '{group.Name}' cannot have {group.Count} devices.");
        errors.If(group.SuccessPercent is not (> 0 and <= 100), $"{path}.successPercent", $"Group '{group.Name}' cannot succeed with {group.SuccessPercent} %.");
        errors.If(group.MinSucceeded is < 0 or > RolloutRules.MaxMembers, $"{path}.minSucceeded", $"Group '{group.Name}' cannot want {group.MinSucceeded} verified devices.");
        errors.If(group.Soak < TimeSpan.Zero || group.Soak > TimeSpan.FromDays(30), $"{path}.soak", $"Group '{group.Name}' soaks for 0 to 30 days.");
        errors.If(group.Condition is { } blank && string.IsNullOrWhiteSpace(blank), $"{path}.condition", $"The condition of group '{group.Name}' is empty.");
        if (!string.IsNullOrWhiteSpace(group.Condition))
        {
            RolloutRules.CheckCondition(errors, $"{path}.condition", $"The condition of group '{group.Name}'", group.Condition);
        }
    }

    private static void CheckWhole(PlanErrors errors, ImmutableArray<GroupSpec> groups)
    {
        var sum = groups.Sum(static group => group.Percent ?? 0);
        var last = groups[^1];
        errors.If(sum > 100 + Slack, "groups", FormattableString.Invariant($"The percentages of the groups add up to {sum}, which is more than 100."));
        errors.If(
            last.Percent is not null && sum < 100 - Slack,
            $"groups[{groups.Length - 1}].percent",
            FormattableString.Invariant($"The percentages of the groups add up to {sum}, not 100, and no last group takes the rest."));
        errors.If(last.Count is not null || last.Condition is not null, $"groups[{groups.Length - 1}]", $"The last group, '{last.Name}', must take the rest: it has neither count nor condition.");
    }
}
