using System.Globalization;
using Muster.Gates;
using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>A device's update for people: where it stands, and why the device is not up to date. Pure.</summary>
internal static class UpdateView
{
    /// <param name="update">The record.</param>
    /// <param name="plan">Null where it was not read yet.</param>
    /// <param name="facts">What the row says of the device.</param>
    /// <param name="now">UTC.</param>
    internal static DeviceUpdateView Of(DeviceUpdate update, DevicePlan? plan, DeviceFacts facts, DateTimeOffset now) => new()
    {
        Rollout = update.Rollout,
        Group = update.Group,
        Release = update.Release,
        Version = update.Version,
        Status = update.Status,
        Since = update.Since,
        Deadline = update.Deadline,
        Attempt = update.Attempt,
        WireId = update.WireId,
        Reason = update.Reason,
        Because = [.. Because(update, plan, facts, now)],
        Percent = update.Status == UpdateStatus.Downloading ? update.Percent : null,
        Epoch = update.Epoch,
        RunningVersion = facts.SoftwareVersion,
        LastKnownGood = update.Before ?? update.Good,
    };

    private static IEnumerable<string> Because(DeviceUpdate update, DevicePlan? plan, DeviceFacts facts, DateTimeOffset now)
    {
        if (update.IsQuarantined)
        {
            yield return "It is quarantined: no rollout touches it until an operator releases it.";
        }

        foreach (var gate in update.IsFinal ? [] : update.Gates ?? [])
        {
            if (gate.Status is GateStatus.Requested or GateStatus.Preparing)
            {
                yield return $"It waits for the gate {gate.Name}, asked for at {Time(gate.AskedAt)}{(gate.Evidence is null ? "." : $": {gate.Evidence}")}";
            }
        }

        if (update.Status is not (UpdateStatus.Succeeded or UpdateStatus.AlreadyCurrent))
        {
            yield return Sentence(update, plan, facts, now);
        }

        if (update.Hold != PauseLevel.None && !update.IsFinal)
        {
            yield return $"The rollout {update.Rollout} is paused: {update.Hold.ToString().ToLowerInvariant()} are held back.";
        }

        if (!update.IsFinal && !facts.IsConnected && update.Agent == UpdateAgent.Twin)
        {
            yield return facts.LastActivityAt is { } last ? $"It is not connected; it was last heard of at {Time(last)}." : "It has never connected.";
        }
    }

    private static string Sentence(DeviceUpdate update, DevicePlan? plan, DeviceFacts facts, DateTimeOffset now) => update.Status switch
    {
        UpdateStatus.Planned => $"The rollout {update.Rollout} has not come to it.",
        UpdateStatus.Eligible when update.LookAt is { } again => $"Try {update.Attempt} begins at {Time(again)}.",
        UpdateStatus.Eligible => "It is about to be offered the release.",
        UpdateStatus.Gated when update.IsReady => $"It waits for room under the limits of the rollout {update.Rollout}.",
        UpdateStatus.Gated when UpdateMachine.IsVersionAwaited(update) => "It fell silent in an install before, and waits until it says what it runs, which SWUpdate does at its start: restart it.",
        UpdateStatus.Gated when plan is not null && InstallWindows.Look(plan, facts, now) is { IsOpen: false } window =>
            window.ChangesAt is { } opens ? $"It waits for its window, which opens at {Time(opens)}." : "It waits for its window, which never opens.",
        UpdateStatus.Gated => "It waits for its gates or its window.",
        UpdateStatus.Offered => $"It has been offered {update.Release} since {Time(update.Since)} and has not fetched it.",
        UpdateStatus.Canceling => $"It was told to stop ({update.Reason}) and has not said that it did.",
        UpdateStatus.RollingBack => $"It goes back to {update.Back?.Release ?? "what it ran before"} ({update.Reason}).",
        UpdateStatus.Soaking => $"It runs {update.Version}, and is watched until {Time(update.Deadline ?? now)}.",
        UpdateStatus.Incompatible => $"{update.Release} is not for it ({update.Reason}): model {facts.Model ?? "unknown"}, hardware {facts.HardwareRevision ?? "unknown"}, software {facts.SoftwareVersion ?? "unknown"}.",
        UpdateStatus.Excluded when update.Reason == "Excluded" => $"It is excluded by the tag {plan?.ExcludeTag ?? "that the rollout names"}.",
        _ when update.IsFinal => $"Its update to {update.Release} ended {update.Status} ({update.Reason}) at {Time(update.Since)}.",
        _ => $"It is {update.Status} since {Time(update.Since)}, attempt {update.Attempt}.",
    };

    /// <summary>A time as sentences have it: UTC, to the second.</summary>
    internal static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
