using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Muster.Gates;
using Muster.Query;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>What a plan must be before anyone approves it. Pure; every error at once, one sentence each, with the path of its field.</summary>
internal static partial class RolloutRules
{
    internal const int MaxDevices = 10_000;
    internal const int MaxMembers = 1_000_000;
    private const int MaxHalts = 20;
    private const int MaxApprovals = 10;
    private const int MaxWindows = 20;

    /// <summary>Empty if the plan can be carried out.</summary>
    /// <param name="spec">The plan.</param>
    /// <param name="allowPrivate">Whether gates may call addresses that are not public.</param>
    internal static ImmutableArray<PlanError> Check(RolloutSpec spec, bool allowPrivate = false)
    {
        var errors = new PlanErrors();
        errors.If(!IsText(spec.Name, 128), "name", "The name has 1 to 128 characters.");
        errors.If(!IsText(spec.Release, 128), "release", "A release is named by its id, 1 to 128 characters.");
        CheckTarget(errors, spec.Target);
        GroupRules.Check(errors, spec.Groups);
        CheckPace(errors, spec);
        CheckHalts(errors, spec.Halts);
        CheckDevice(errors, spec);
        CheckTimes(errors, spec);
        CheckApprovals(errors, spec.Approvals);
        CheckGates(errors, spec, allowPrivate);
        return errors.All;
    }

    /// <summary>The condition as a whole query; the text itself for a caller that shows it.</summary>
    /// <exception cref="QueryException">It is not a condition.</exception>
    internal static TwinQuery QueryOf(string condition)
    {
        if (string.IsNullOrWhiteSpace(condition))
        {
            return TwinQuery.Parse("SELECT * FROM devices");
        }

        // By itself first, so that nothing can hide behind a WHERE of its own.
        TwinQuery.ParseCondition(condition);
        return TwinQuery.Parse($"SELECT * FROM devices WHERE {condition}");
    }

    internal static void CheckCondition(PlanErrors errors, string path, string what, string condition)
    {
        try
        {
            QueryOf(condition);
        }
        catch (QueryException e)
        {
            errors.If(true, path, $"{what} cannot be read: {e.Message}");
        }
    }

    internal static bool IsText(string? text, int max) => !string.IsNullOrWhiteSpace(text) && text.Length <= max;

    private static void CheckTarget(PlanErrors errors, RolloutTarget? target)
    {
        if (target is null)
        {
            errors.If(true, "target", "There is no target.");
            return;
        }

        if (!string.IsNullOrWhiteSpace(target.Condition))
        {
            CheckCondition(errors, "target.condition", "The target's condition", target.Condition);
        }

        errors.If(target.Max is < 1 or > MaxMembers, "target.max", $"A target has at most 1 to {MaxMembers} devices, not {target.Max}.");
        errors.If(!string.IsNullOrEmpty(target.ExcludeTag) && !IsTag(target.ExcludeTag), "target.excludeTag", $"'{target.ExcludeTag}' is not the path of a tag.");
        errors.If(target.Devices.IsDefault || target.Devices.Length > MaxDevices, "target.devices", $"At most {MaxDevices} devices can be listed.");
        errors.If(!target.Devices.IsDefault && target.Devices.Any(static id => !IsText(id, 128)), "target.devices", "A listed device id has 1 to 128 characters.");
    }

    private static void CheckPace(PlanErrors errors, RolloutSpec spec)
    {
        var rate = spec.Rate;
        errors.If(rate.PerMinute is < 1 or > MaxMembers, "rate.perMinute", $"A rate is 1 to {MaxMembers} devices per minute, not {rate.PerMinute}.");
        errors.If(rate.Factor is not (>= 1 and <= 10), "rate.factor", $"A rate grows by 1 to 10, not by {rate.Factor}.");
        errors.If(rate.Every is < 1 or > MaxMembers, "rate.every", $"A rate grows after 1 to {MaxMembers} verified devices, not after {rate.Every}.");
        errors.If(rate.MaxPerMinute is < 1, "rate.maxPerMinute", "A rate's bound is 1 device per minute at least.");
        errors.If(rate.MaxPerMinute < rate.PerMinute, "rate.maxPerMinute", $"The rate of {rate.PerMinute} devices per minute is above its own bound of {rate.MaxPerMinute}.");
        errors.If(rate is { PerMinute: null, MaxPerMinute: not null } or { PerMinute: null, Factor: > 1 }, "rate.perMinute", "A rate that grows, or is bounded, needs a number of devices per minute.");
        errors.If(spec.MaxInFlight is < 1 or > MaxMembers, "maxInFlight", $"1 to {MaxMembers} devices may be under update at once, not {spec.MaxInFlight}.");
        errors.If(spec.Budget is { } budget && !IsTag(budget.Tag), "budget.tag", $"'{spec.Budget?.Tag}' is not the path of a tag.");
        errors.If(spec.Budget is { MaxUnavailable: < 1 or > MaxMembers }, "budget.maxUnavailable", "A site must let at least one device be updated.");
        errors.If(spec.Priority is < 0 or > 1000, "priority", $"A priority is 0 to 1000, not {spec.Priority}.");
    }

    private static void CheckHalts(PlanErrors errors, ImmutableArray<HaltRule> halts)
    {
        errors.If(halts.IsDefault || halts.Length > MaxHalts, "halts", $"There are at most {MaxHalts} halt rules.");
        for (var i = 0; !halts.IsDefault && i < halts.Length; i++)
        {
            var (rule, path) = (halts[i], $"halts[{i}]");
            var isPercent = rule.Kind is HaltKind.FailedPercent or HaltKind.UnreachablePercent;
            errors.If(!Enum.IsDefined(rule.Kind) || !Enum.IsDefined(rule.Action), path, "A halt rule has an unknown kind or action.");
            errors.If(rule.Limit is not (>= 0 and <= MaxMembers) || (isPercent && rule.Limit >= 100), $"{path}.limit", $"A halt rule {rule.Kind} cannot fire at {rule.Limit}.");
            errors.If(rule.MinSample is < 1 or > MaxMembers, $"{path}.minSample", $"A halt rule looks after 1 to {MaxMembers} devices, not after {rule.MinSample}.");
        }
    }

    private static void CheckApprovals(PlanErrors errors, ImmutableArray<ApprovalStep> steps)
    {
        errors.If(steps.IsDefault || steps.Length > MaxApprovals, "approvals", $"There are at most {MaxApprovals} approval steps.");
        for (var i = 0; !steps.IsDefault && i < steps.Length; i++)
        {
            var (step, path) = (steps[i], $"approvals[{i}]");
            errors.If(!IsText(step.Role, 64), $"{path}.role", "The role of an approval step has 1 to 64 characters.");
            errors.If(step.Required is < 1 or > 20, $"{path}.required", $"An approval step needs 1 to 20 principals, not {step.Required}.");
            errors.If(step.ExpiresAfter < TimeSpan.FromMinutes(1) || step.ExpiresAfter > TimeSpan.FromDays(365), $"{path}.expiresAfter", "An approval step may wait 1 minute to 365 days.");
        }
    }

    private static void CheckTimes(PlanErrors errors, RolloutSpec spec)
    {
        errors.If(spec.EndsAt <= spec.StartsAt, "endsAt", "The rollout ends before it starts.");
        errors.If(spec.Windows.IsDefault || spec.Windows.Length > MaxWindows, "windows", $"There are at most {MaxWindows} maintenance windows.");
        errors.If(spec.Blackouts.IsDefault || spec.Blackouts.Length > 100, "blackouts", "There are at most 100 blackouts.");
        for (var i = 0; !spec.Windows.IsDefault && i < spec.Windows.Length; i++)
        {
            var (window, path) = (spec.Windows[i], $"windows[{i}]");
            var why = WindowRules.WhyNot(window);
            errors.If(why is not null, path, $"A maintenance window cannot be: {why}");
            errors.If(window.TimeZoneTag is { } tag && !IsTag(tag), $"{path}.timeZoneTag", $"'{window.TimeZoneTag}' is not the path of a tag.");
        }

        CheckInstallTime(errors, spec);
        for (var i = 0; !spec.Blackouts.IsDefault && i < spec.Blackouts.Length; i++)
        {
            var (blackout, path) = (spec.Blackouts[i], $"blackouts[{i}]");
            errors.If(blackout.Until <= blackout.From, $"{path}.until", "A blackout ends before it begins.");
            errors.If(blackout.Why is { Length: > 256 }, $"{path}.why", "A blackout's reason has at most 256 characters.");
        }
    }

    /// <summary>How much of a window a device needs.</summary>
    internal static TimeSpan InstallTimeOf(RolloutSpec spec) => spec.InstallTime ?? spec.Timeouts.Install + spec.Timeouts.Reboot + spec.Timeouts.Verify;

    private static void CheckInstallTime(PlanErrors errors, RolloutSpec spec)
    {
        errors.If(spec.InstallTime < TimeSpan.Zero || spec.InstallTime > TimeSpan.FromDays(7), "installTime", "The installTime is 0 to 7 days.");
        if (!spec.Windows.IsDefaultOrEmpty && spec.Windows.Max(static window => window.Duration) is var longest && longest < InstallTimeOf(spec))
        {
            var by = spec.InstallTime is null ? "timeouts" : "installTime";
            errors.If(true, "windows", $"A device needs {InstallTimeOf(spec)} to install, reboot and verify by the plan's {by}, and the longest window has {longest}: lengthen the window, or say the installTime that is needed.");
        }
    }

    private static void CheckGates(PlanErrors errors, RolloutSpec spec, bool allowPrivate)
    {
        var (gates, hasSites) = (spec.Gates, spec.Budget is not null);
        var whole = GateRules.Errors(gates, allowPrivate, hasSites).ToList();
        for (var i = 0; !gates.IsDefault && i < Math.Min(gates.Length, GateRules.MaxGates); i++)
        {
            foreach (var error in GateRules.Errors([gates[i]], allowPrivate, hasSites))
            {
                errors.If(true, $"gates[{i}]", error);
                whole.Remove(error);
            }
        }

        whole.ForEach(error => errors.If(true, "gates", error));
    }

    private static void CheckDevice(PlanErrors errors, RolloutSpec spec)
    {
        var (times, health, retry) = (spec.Timeouts, spec.Health, spec.Retry);
        TimeSpan[] all = [times.Gate, times.Offer, times.Start, times.Download, times.Install, times.BeforeReboot, times.Reboot, times.Verify, times.Cancel, times.RollBack];
        errors.If(all.Any(static time => time < TimeSpan.FromSeconds(1) || time > TimeSpan.FromDays(365)), "timeouts", "A timeout is 1 second to 365 days.");
        errors.If(times.BytesPerSecond < 1, "timeouts.bytesPerSecond", "A download is waited for at 1 byte per second at least.");
        errors.If(health.Soak < TimeSpan.Zero || health.Soak > TimeSpan.FromDays(30), "health.soak", "A device soaks for 0 to 30 days.");
        errors.If(health.Heartbeat <= TimeSpan.Zero, "health.heartbeat", "The longest silence is above 0.");
        errors.If(health.MaxRestarts < 0, "health.maxRestarts", "A device restarts 0 times at least.");
        errors.If(health.Tolerance is < 1 or > 100, "health.tolerance", $"A device may be found unwell 1 to 100 times, not {health.Tolerance}.");
        errors.If(health.Bounds.IsDefault || health.Bounds.Length > 20, "health.bounds", "There are at most 20 bounds on telemetry.");
        errors.If(!health.Bounds.IsDefault && health.Bounds.Any(static bound => !IsText(bound.Field, 256) || bound.Max < bound.Min), "health.bounds", "A bound on telemetry has a field, and its ends in order.");
        errors.If(retry.Max is < 0 or > 10, "retry.max", $"A failure is tried again 0 to 10 times, not {retry.Max}.");
        errors.If(retry.Backoff < TimeSpan.Zero || retry.Backoff > TimeSpan.FromDays(1), "retry.backoff", "The pause before a retry is 0 to 1 day.");
        errors.If(retry.Reasons.IsDefault || retry.Reasons.Length > 50, "retry.reasons", "At most 50 reasons are tried again.");
    }

    private static bool IsTag(string? path) => path is { Length: <= 256 } && Tag().IsMatch(path);

    [GeneratedRegex(@"^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();
}
