using Muster.Gates;

namespace Muster.Updates;

/// <summary>What ends badly, and what is done about it: silence, failures, ways back.</summary>
internal static partial class UpdateMachine
{
    private const int MaxReoffers = 3;
    private const int MaxTriesBack = 2;

    private static void OnDue(UpdateCourse course)
    {
        var (update, now) = (course.Update, course.Now);
        if (update.LookAt <= now)
        {
            Look(course);
        }

        if (course.Status != update.Status || !(course.Update.Deadline <= now))
        {
            return;
        }

        if (now < course.Context.GraceUntil)
        {
            course.Update = course.Update with { Deadline = course.Context.GraceUntil };
        }
        else
        {
            Expire(course);
        }
    }

    private static void Look(UpdateCourse course)
    {
        switch (course.Status)
        {
            case UpdateStatus.Eligible:
                Line(course);
                break;
            case UpdateStatus.Gated when (course.Context.Window.IsOpen && AreOpen(course, GatePhase.BeforeOffer)) != course.Update.IsReady:
                Line(course);
                break;
            case UpdateStatus.Soaking:
                LookAtHealth(course);
                break;
            default:
                course.Update = course.Update with { LookAt = course.Context.Window.ChangesAt };
                break;
        }
    }

    private static void LookAtHealth(UpdateCourse course)
    {
        var (update, rule) = (course.Update, course.Plan.Health);
        course.Update = update with { LookAt = course.Now + (AreAsked(course, GatePhase.AfterVerify) ? UpdateDeadlines.LongestLook : UpdateDeadlines.Look(rule)) };
        if (DeviceHealth.WhyUnwell(rule, course.Context.Facts, update.RestartsBefore, course.Now) is not { } why)
        {
            course.Update = course.Update with { Unwell = 0 };
            return;
        }

        course.Update = course.Update with { Unwell = update.Unwell + 1 };
        if (course.Update.Unwell >= rule.Tolerance)
        {
            GoBack(course, "Unhealthy", why);
        }
    }

    private static void Expire(UpdateCourse course)
    {
        switch (course.Status)
        {
            case UpdateStatus.Eligible or UpdateStatus.Gated:
                course.To(UpdateStatus.Skipped, course.Update.IsReady ? "NoRoom" : "WindowNeverOpened");
                break;
            case UpdateStatus.Offered:
                course.To(UpdateStatus.Unreachable, "NotReached");
                break;
            case UpdateStatus.Accepted when course.Update.Reoffers < MaxReoffers:
                course.Update = course.Update with { Reoffers = course.Update.Reoffers + 1 };
                course.To(UpdateStatus.Offered, evidence: "It fetched the deployment and did not begin.");
                break;
            case UpdateStatus.Accepted:
                Fail(course, "NotStarted");
                break;
            case UpdateStatus.Downloading:
                Fail(course, "DownloadTimeout");
                break;
            case UpdateStatus.Downloaded or UpdateStatus.ReadyToInstall:
                Stop(course, "NotInstalled");
                break;
            case UpdateStatus.Installing:
                Fail(course, "InstallTimeout");
                break;

            // It said nothing of its reboot; perhaps it is at it.
            case UpdateStatus.Installed:
                course.To(UpdateStatus.Rebooting);
                break;
            case UpdateStatus.Rebooting:
                course.To(UpdateStatus.Unreachable, "AfterInstall", "It was not seen again after its install.");
                break;
            case UpdateStatus.Verifying:
                GoBack(course, "VerifyTimeout", $"It runs {course.Context.Facts.SoftwareVersion ?? "an unknown version"}, not {course.Update.Version}.");
                break;
            case UpdateStatus.Soaking:
                EndSoak(course);
                break;
            case UpdateStatus.Canceling:
                course.To(UpdateStatus.Canceled, course.Update.Reason, "The device never said that it stopped.");
                break;
            case UpdateStatus.RollingBack:
                TryBackAgain(course, "No word from the device.");
                break;
        }
    }

    private static void EndSoak(UpdateCourse course)
    {
        // Once it waits for its last gates, the looks find out how it is.
        if (!AreAsked(course, GatePhase.AfterVerify))
        {
            if (DeviceHealth.WhyUnwell(course.Plan.Health, course.Context.Facts, course.Update.RestartsBefore, course.Now) is { } why)
            {
                GoBack(course, "Unhealthy", why);
                return;
            }

            course.Update = course.Update with { Unwell = 0 };
        }

        Succeed(course);
    }

    /// <summary>A failure that left the device as it was, or on its old software; tried again where the plan says so.</summary>
    private static void Fail(UpdateCourse course, string reason, string? evidence = null)
    {
        var (attempt, retry) = (course.Update.Attempt, course.Plan.Retry);
        course.To(UpdateStatus.Failed, reason, evidence);
        if (attempt > retry.Max || (!retry.Reasons.IsEmpty && !retry.Reasons.Contains(reason, StringComparer.Ordinal)))
        {
            return;
        }

        course.Update = course.Update with { Attempt = attempt + 1, Percent = null, Reoffers = 0, IsConfirmed = false };
        course.To(UpdateStatus.Eligible, evidence: $"Try {attempt + 1} of {retry.Max + 1}.");
        course.Update = course.Update with { LookAt = course.Now + (retry.Backoff * Math.Pow(2, attempt - 1)) };
    }

    /// <summary>The new software is no good: back to what the device ran, or to the golden release.</summary>
    private static void GoBack(UpdateCourse course, string reason, string? evidence = null)
    {
        var (update, context) = (course.Update, course.Context);
        if (!course.Plan.RollsBack)
        {
            course.To(UpdateStatus.Failed, reason, evidence);
            return;
        }

        // Before the commit the agent goes back by itself when it is told to: no deployment is needed.
        var refusesCommit = update is { Agent: UpdateAgent.Mender, IsConfirmed: false };
        var (to, isGolden) = context.Find(update.Before) is { } before && before.Id != update.Release ? (before, false) : (context.Golden, true);
        if (to is null && !refusesCommit)
        {
            Quarantine(course, evidence ?? reason);
            return;
        }

        course.Update = update with
        {
            Back = refusesCommit ? null : new WayBack(to!.Id, to.Version, isGolden, Tries: 1),
            IsConfirmed = false,
            WireId = refusesCommit ? update.WireId : update.WireId + 1,
        };
        course.To(UpdateStatus.RollingBack, reason, evidence);
    }

    /// <summary>True while an agent that has not committed is told to go back.</summary>
    internal static bool IsRefusedCommit(DeviceUpdate update) => update is { Status: UpdateStatus.RollingBack, Back: null };

    private static void CheckBack(UpdateCourse course)
    {
        var update = course.Update;
        if (update.Back is { } back && update.IsConfirmed && course.Context.Facts.SoftwareVersion == back.Version)
        {
            course.Update = update with { Good = back.Release };
            course.To(UpdateStatus.RolledBack, back.IsGolden ? "Golden" : "LastKnownGood", $"It runs {back.Version}. {update.Reason}");
        }
        else if (update.Back is null && update.VersionBefore is { } version && course.Context.Facts.SoftwareVersion == version)
        {
            course.To(UpdateStatus.RolledBack, "DeviceInitiated", $"It runs {version} again.");
        }
    }

    private static void TryBackAgain(UpdateCourse course, string? evidence)
    {
        var (back, reason) = (course.Update.Back, course.Update.Reason);
        var next = back is { Tries: < MaxTriesBack } ? back with { Tries = back.Tries + 1 }
            : back is not { IsGolden: true } && course.Context.Golden is { } golden ? new WayBack(golden.Id, golden.Version, IsGolden: true, Tries: 1)
            : null;
        if (next is null)
        {
            Quarantine(course, evidence);
            return;
        }

        course.Update = course.Update with { Back = next, IsConfirmed = false, WireId = course.Update.WireId + 1 };
        course.To(UpdateStatus.RollingBack, reason, evidence);
    }

    private static void Quarantine(UpdateCourse course, string? evidence)
    {
        course.Update = course.Update with { IsQuarantined = true };
        course.To(UpdateStatus.Quarantined, course.Update.Back is null ? "NoWayBack" : "RollbackFailed", evidence);
    }
}
