using Muster.Gates;

namespace Muster.Updates;

/// <summary>
/// The device update machine: what follows on what, and who brings it about. Pure: no clock, no storage, no Orleans. <c>docs/state-machines.md</c> draws it, and
/// <see cref="UpdateTable"/> has it as a table.
/// </summary>
internal static partial class UpdateMachine
{
    /// <summary>Moves that an operator's word can make only before the device writes to itself.</summary>
    private static bool IsBeforeInstall(UpdateStatus status) => status < UpdateStatus.Installing;

    /// <summary>
    /// True once the new software is in its place, and nobody is at it. SWUpdate heeds nothing new between its install and its reboot, and takes what is offered then for what
    /// it installed: it is taken back from Verifying on (docs/update-agents.md, SWUpdate).
    /// </summary>
    private static bool MayGoBack(DeviceUpdate update) => update.Status switch
    {
        UpdateStatus.Installed or UpdateStatus.Rebooting => update.Agent != UpdateAgent.SwUpdate,
        UpdateStatus.Verifying or UpdateStatus.Soaking => true,
        _ => false,
    };

    internal static UpdateMove Next(DeviceUpdate update, UpdateSignal signal, UpdateContext context)
    {
        // Whatever it fell silent in before, it says what it runs.
        var isDoubtOver = update.IsInDoubt && signal is UpdateSignal.FactsSeen { IsVersionTold: true };
        var course = new UpdateCourse(isDoubtOver ? update with { IsInDoubt = false } : update, context, signal.Name, signal.Actor);
        switch (signal)
        {
            case UpdateSignal.Reported reported:
                OnReport(course, reported.Report);
                break;

            case UpdateSignal.GateAnswered answered:
                OnGate(course, answered);
                break;

            // Final is sticky: what comes late is no reason to open what is closed.
            case var _ when update.IsFinal:
                break;
            case UpdateSignal.Granted:
                OnGranted(course);
                break;
            case UpdateSignal.FactsSeen seen:
                OnFacts(course, seen.IsVersionTold);
                break;
            case UpdateSignal.Seen:
                OnSeen(course);
                break;
            case UpdateSignal.DeadlinePassed:
                OnDue(course);
                break;
            case UpdateSignal.CancelRequested cancel:
                Stop(course, cancel.Why);
                break;
            case UpdateSignal.RollBackRequested back when MayGoBack(update):
                GoBack(course, back.Why);
                break;
            case UpdateSignal.Held held when held.Level != update.Hold:
                course.Update = update with { Hold = held.Level };
                break;
        }

        SettleGates(course);
        return course.Move;
    }

    /// <summary>Waits where it has to, and is offered where it need not.</summary>
    private static void Line(UpdateCourse course)
    {
        AskGates(course, GatePhase.BeforeOffer);
        var window = course.Context.Window;
        var isOpen = MayBeOffered(course);
        var wasGranted = course.Update.IsGranted;
        if (isOpen && wasGranted)
        {
            course.To(UpdateStatus.Offered);
            return;
        }

        // What waits for its window or a gate holds no room that others could use.
        course.Update = course.Update with { IsGranted = false, IsReady = isOpen };
        if (course.Status != UpdateStatus.Gated)
        {
            course.To(UpdateStatus.Gated);
        }
        else
        {
            course.Note(isOpen ? "Its window and its gates are open." : "Its window or a gate is closed.");
        }

        course.Update = course.Update with { IsReady = isOpen, LookAt = window.ChangesAt };
    }

    /// <summary>True once it waits for nothing but room.</summary>
    private static bool MayBeOffered(UpdateCourse course) =>
        course.Context.Window.IsOpen && AreOpen(course, GatePhase.BeforeOffer) && !IsVersionAwaited(course.Update);

    /// <summary>SWUpdate takes whatever it is offered after its reboot for what it installed before: nothing is, until it is known what runs (docs/update-agents.md, SWUpdate).</summary>
    internal static bool IsVersionAwaited(DeviceUpdate update) => update is { IsInDoubt: true, Agent: UpdateAgent.SwUpdate };

    private static void OnGranted(UpdateCourse course)
    {
        if (course is { Status: UpdateStatus.Gated, Update.IsReady: true })
        {
            course.Update = course.Update with { IsGranted = true };
            Line(course);
        }
    }

    private static void OnSeen(UpdateCourse course)
    {
        // A DDI agent polls while it waits for its reboot: only where a connection ends with the old software is a new one news of the reboot.
        if (course.Update.Agent == UpdateAgent.Twin && course.Status == UpdateStatus.Rebooting)
        {
            Walk(course, UpdateStatus.Verifying);
            Verify(course);
        }
    }

    private static void OnFacts(UpdateCourse course, bool isVersionTold)
    {
        var (update, version) = (course.Update, course.Context.Facts.SoftwareVersion);
        switch (update.Status)
        {
            case UpdateStatus.Gated when !update.IsReady && MayBeOffered(course):
                Line(course);
                break;
            case UpdateStatus.Installed or UpdateStatus.Rebooting or UpdateStatus.Verifying when version == update.Version:
                Walk(course, UpdateStatus.Verifying);
                Verify(course);
                break;

            // RAUC says nothing after the reboot but what runs; what it said before is no word of it.
            case UpdateStatus.Rebooting or UpdateStatus.Verifying when isVersionTold && update.Agent == UpdateAgent.Rauc && version == update.VersionBefore:
                course.To(UpdateStatus.RolledBack, "DeviceInitiated", $"It runs {version} again.");
                break;
            case UpdateStatus.Soaking when version != update.Version && version == update.VersionBefore:
                course.To(UpdateStatus.RolledBack, "DeviceInitiated", $"It runs {version} again.");
                break;
            case UpdateStatus.Soaking when version != update.Version:
                GoBack(course, "VersionChanged", $"It runs {version}.");
                break;
            case UpdateStatus.RollingBack:
                course.Update = isVersionTold && !update.HasToldVersion ? update with { HasToldVersion = true } : update;
                CheckBack(course);
                break;
        }
    }

    /// <summary>The wanted version runs, and the agent is done with it: two witnesses.</summary>
    private static void Verify(UpdateCourse course)
    {
        var update = course.Update;
        if (update.Status != UpdateStatus.Verifying || course.Context.Facts.SoftwareVersion != update.Version || !(update.IsConfirmed || update.Agent == UpdateAgent.Rauc))
        {
            return;
        }

        course.Update = update with { RestartsBefore = course.Context.Facts.Restarts, Unwell = 0, IsInDoubt = false };
        course.To(UpdateStatus.Soaking, evidence: $"It runs {update.Version}.");
        if (course.Plan.Health.Soak <= TimeSpan.Zero)
        {
            Succeed(course);
        }
        else
        {
            course.Update = course.Update with { LookAt = course.Now + UpdateDeadlines.Look(course.Plan.Health) };
        }
    }

    private static void Succeed(UpdateCourse course)
    {
        AskGates(course, GatePhase.AfterVerify);
        if (!AreOpen(course, GatePhase.AfterVerify) || course.Update.Unwell > 0)
        {
            // Its soak goes on until they are open, or it goes back because one was denied, or because it is found unwell as often as is not tolerated.
            course.Update = course.Update with { Deadline = course.Now + UpdateDeadlines.LongestLook, LookAt = course.Now + UpdateDeadlines.LongestLook };
            return;
        }

        course.Update = course.Update with { Good = course.Update.Release };
        course.To(UpdateStatus.Succeeded);
    }

    private static void Stop(UpdateCourse course, string why)
    {
        switch (course.Status)
        {
            case < UpdateStatus.Offered:
                course.To(UpdateStatus.Canceled, why);
                break;

            // A twin agent that is connected has been pushed its offer, and may be at it already.
            case UpdateStatus.Offered when !(course.Update.Agent == UpdateAgent.Twin && course.Context.Facts.IsConnected):
                course.To(UpdateStatus.Canceled, why);
                break;
            case < UpdateStatus.Installing:
                course.Update = course.Update with { StoppedAt = course.Status };
                course.To(UpdateStatus.Canceling, why);
                break;
        }
    }

    /// <summary>Goes on to a status, through those between: reports get lost, and the history keeps to the table.</summary>
    private static void Walk(UpdateCourse course, UpdateStatus to, string? evidence = null)
    {
        while (course.Status < to)
        {
            var next = course.Status + 1;
            course.To(next, evidence: next == to ? evidence : null);
        }
    }
}
