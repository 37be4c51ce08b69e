using Muster.Gates;

namespace Muster.Updates;

/// <summary>What ends by time: silence, and failures.</summary>
internal static partial class UpdateMachine
{
    private const int MaxReoffers = 3;

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
            case UpdateStatus.Gated when MayBeOffered(course) != course.Update.IsReady:
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
        if (WhyUnwell(course) is not { } why)
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

    // A hub that was away heard of nobody: until those that are well had time to be heard, silence says nothing.
    private static string? WhyUnwell(UpdateCourse course)
    {
        var rule = course.Now < course.Context.GraceUntil ? course.Plan.Health with { Heartbeat = null } : course.Plan.Health;
        return DeviceHealth.WhyUnwell(rule, course.Context.Facts, course.Update.RestartsBefore, course.Now, course.Update.Since);
    }

    private static void Expire(UpdateCourse course)
    {
        var before = course.Status;
        EndStatus(course);

        // What fell silent behind the begin of its install may run either software: what it said before says nothing.
        if (course.Update.IsFinal && before is >= UpdateStatus.Installing and <= UpdateStatus.Verifying)
        {
            course.Update = course.Update with { IsInDoubt = true };
        }
    }

    private static void EndStatus(UpdateCourse course)
    {
        switch (course.Status)
        {
            case UpdateStatus.Eligible or UpdateStatus.Gated:
                course.To(UpdateStatus.Skipped, course.Update.IsReady ? "NoRoom" : IsVersionAwaited(course.Update) ? "VersionUnknown" : "WindowNeverOpened");
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

            // It asks before it goes on, may not, and waits: for a gate, whose own time ends, or for an operator. DDI has no word for a reboot, nor the twin one for a commit.
            case UpdateStatus.Installed when course.Update.Agent is not (UpdateAgent.SwUpdate or UpdateAgent.Rauc) && IsHeld(course, UpdatePermit.Reboot):
            case UpdateStatus.Verifying when course.Update.Agent is UpdateAgent.Mender or UpdateAgent.Direct && IsHeld(course, UpdatePermit.Commit):
                course.Update = course.Update with { Deadline = course.Now + UpdateDeadlines.Of(course.Status, course.Update, course.Context) };
                break;

            // It said nothing of its reboot; perhaps it is at it.
            case UpdateStatus.Installed:
                course.To(UpdateStatus.Rebooting);
                break;
            case UpdateStatus.Rebooting:
                course.To(UpdateStatus.Unreachable, "AfterInstall", "It was not seen again after its install.");
                break;
            case UpdateStatus.Verifying:
                GoBack(course, "VerifyTimeout", WhyNotVerified(course));
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

    /// <summary>Of the two witnesses, the one that is missing.</summary>
    private static string WhyNotVerified(UpdateCourse course)
    {
        var (runs, wanted) = (course.Context.Facts.SoftwareVersion, course.Update.Version);
        return runs == wanted ? $"It runs {runs}, and its agent never said that it is done." : $"It runs {runs ?? "an unknown version"}, not {wanted}.";
    }

    private static bool IsHeld(UpdateCourse course, UpdatePermit wanted) => UpdateOffers.PermitOf(course.Update, course.Context) < wanted;

    private static void EndSoak(UpdateCourse course)
    {
        // Once it waits for its last gates, the looks find out how it is.
        if (!AreAsked(course, GatePhase.AfterVerify))
        {
            if (WhyUnwell(course) is { } why)
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

        // The next try asks for its gates anew; whoever opened those of this one is told that it is over.
        EndGates(course);
        course.Update = course.Update with { Attempt = attempt + 1, Percent = null, Reoffers = 0, IsConfirmed = false };
        course.To(UpdateStatus.Eligible, evidence: $"Try {attempt + 1} of {retry.Max + 1}.");
        course.Update = course.Update with { LookAt = course.Now + (retry.Backoff * Math.Pow(2, attempt - 1)) };
    }
}
