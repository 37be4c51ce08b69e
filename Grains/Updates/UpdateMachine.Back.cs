namespace Muster.Updates;

/// <summary>The way back from software that is no good: to what the device ran, or to the golden release, or into quarantine.</summary>
internal static partial class UpdateMachine
{
    private const int MaxTriesBack = 2;

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
            HasToldVersion = false,
            WireId = refusesCommit ? update.WireId : update.WireId + 1,
        };
        course.To(UpdateStatus.RollingBack, reason, evidence);
    }

    /// <summary>True while an agent that has not committed is told to go back.</summary>
    internal static bool IsRefusedCommit(DeviceUpdate update) => update is { Status: UpdateStatus.RollingBack, Back: null };

    /// <summary>What runs counts only if it was said since the device is to go back: what it said before may be of before the install.</summary>
    private static void CheckBack(UpdateCourse course)
    {
        var (update, version) = (course.Update, course.Context.Facts.SoftwareVersion);
        if (!update.HasToldVersion)
        {
            return;
        }

        if (update.Back is { } back && update.IsConfirmed && version == back.Version)
        {
            course.Update = update with { Good = back.Release, IsInDoubt = false };
            course.To(UpdateStatus.RolledBack, back.IsGolden ? "Golden" : "LastKnownGood", $"It runs {back.Version}. {update.Reason}");
        }
        else if (update.Back is null && update.VersionBefore is { } before && version == before)
        {
            course.To(UpdateStatus.RolledBack, "DeviceInitiated", $"It runs {before} again.");
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

        course.Update = course.Update with { Back = next, IsConfirmed = false, HasToldVersion = false, WireId = course.Update.WireId + 1 };
        course.To(UpdateStatus.RollingBack, reason, evidence);
    }

    private static void Quarantine(UpdateCourse course, string? evidence)
    {
        course.Update = course.Update with { IsQuarantined = true };
        course.To(UpdateStatus.Quarantined, course.Update.Back is null ? "NoWayBack" : "RollbackFailed", evidence);
    }

    private static void OnReportOfWayBack(UpdateCourse course, AgentReport report)
    {
        switch (report.Event)
        {
            // It had committed before it heard that it may not: it runs the new software, and needs a deployment to get rid of it.
            case AgentEvent.Succeeded or AgentEvent.AlreadyInstalled when IsRefusedCommit(course.Update):
                course.Update = course.Update with { IsConfirmed = true };
                GoBack(course, course.Update.Reason ?? "Committed", Said(report));
                break;
            case AgentEvent.Succeeded or AgentEvent.AlreadyInstalled or AgentEvent.Installed when !IsRefusedCommit(course.Update) && !course.Update.IsConfirmed:
                course.Update = course.Update with { IsConfirmed = report.Event != AgentEvent.Installed || report.Agent == UpdateAgent.Rauc };
                CheckBack(course);
                break;

            // An agent that was refused its commit says that it failed, and is where it was: what runs is seen by its version.
            case AgentEvent.Failed when IsRefusedCommit(course.Update):
                course.To(UpdateStatus.RolledBack, "DeviceInitiated", Said(report));
                break;
            case AgentEvent.Failed or AgentEvent.Canceled or AgentEvent.Skipped:
                TryBackAgain(course, Said(report));
                break;
        }
    }
}
