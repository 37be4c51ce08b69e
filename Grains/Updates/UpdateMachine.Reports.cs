using System.Globalization;

namespace Muster.Updates;

/// <summary>What an agent says. Reports are facts that may be lost, repeated, late, about another update, or made up.</summary>
internal static partial class UpdateMachine
{
    /// <summary>Reports without effect that one update's history takes; a device that says more of them is not written down.</summary>
    private const int MaxStrays = 50;

    /// <summary>Reports of its log that one update's history takes.</summary>
    private const int MaxLogs = 100;

    /// <summary>Percent points between two that are stored.</summary>
    private const int PercentStep = 10;

    /// <summary>What became of a report that <see cref="Next"/> was given.</summary>
    internal static UpdateReply Reply(DeviceUpdate before, AgentReport report, UpdateMove move) =>
        report.WireId is < 1 || report.WireId > before.WireId ? new UpdateReply.Unknown()
        : report.WireId < before.WireId || !IsShown(before.Status) ? new UpdateReply.Late(move.Next.Status)
        : move.Next.Strays > before.Strays ? new UpdateReply.Refused(move.Next.Status)
        : new UpdateReply.Accepted(move.Next.Status);

    /// <summary>True while the agent is shown the deployment, and what it says of it counts.</summary>
    internal static bool IsShown(UpdateStatus status) => status is >= UpdateStatus.Offered and <= UpdateStatus.RollingBack;

    private static void OnReport(UpdateCourse course, AgentReport report)
    {
        var update = course.Update;
        if (report.WireId < 1 || report.WireId > update.WireId)
        {
            return;
        }

        if (report.Event == AgentEvent.Log)
        {
            Log(course, report);
            return;
        }

        if (report.WireId < update.WireId || !IsShown(update.Status))
        {
            // An agent that was not answered says again how it ended.
            if (report.WireId < update.WireId || !IsEnd(report.Event, update.Status))
            {
                Stray(course, report);
            }

            return;
        }

        if (update.Agent != report.Agent)
        {
            course.Update = update with { Agent = report.Agent };
        }

        switch (update.Status)
        {
            case UpdateStatus.RollingBack:
                OnReportOfWayBack(course, report);
                break;
            case UpdateStatus.Canceling:
                OnReportOfStop(course, report);
                break;
            default:
                OnReportOfUpdate(course, report);
                break;
        }
    }

    private static bool IsEnd(AgentEvent what, UpdateStatus status) => (what, status) is (AgentEvent.Succeeded, UpdateStatus.Succeeded or UpdateStatus.RolledBack)
        or (AgentEvent.Failed, UpdateStatus.Failed or UpdateStatus.RolledBack) or (AgentEvent.Canceled, UpdateStatus.Canceled) or (AgentEvent.Skipped, UpdateStatus.Skipped);

    private static void OnReportOfUpdate(UpdateCourse course, AgentReport report)
    {
        switch (report.Event)
        {
            case AgentEvent.Fetched:
                Walk(course, UpdateStatus.Accepted);
                break;
            case AgentEvent.Downloading:
                Walk(course, UpdateStatus.Downloading);
                Progress(course, report.Percent);
                break;
            case AgentEvent.Downloaded:
                Walk(course, UpdateStatus.ReadyToInstall);
                break;
            case AgentEvent.Installing:
                Walk(course, UpdateStatus.Installing, report.Message);
                break;
            case AgentEvent.Installed:
            case AgentEvent.Succeeded when report.Agent == UpdateAgent.Rauc:
                Walk(course, UpdateStatus.Installed, report.Message);
                break;
            case AgentEvent.Rebooting:
                Walk(course, UpdateStatus.Rebooting);
                break;
            case AgentEvent.Confirming:
                Walk(course, UpdateStatus.Verifying);
                break;
            case AgentEvent.Succeeded or AgentEvent.AlreadyInstalled:
                course.Update = course.Update with { IsConfirmed = true };
                Walk(course, UpdateStatus.Verifying, report.Message);
                Verify(course);
                break;
            case AgentEvent.Failed when course.Status == UpdateStatus.Soaking:
                Stray(course, report);
                break;
            case AgentEvent.Failed:
                OnFailure(course, report);
                break;
            case AgentEvent.Canceled when IsBeforeInstall(course.Status):
                Fail(course, "CanceledByDevice", Said(report));
                break;
            case AgentEvent.Skipped when IsBeforeInstall(course.Status):
                course.To(UpdateStatus.Skipped, "ProtocolMisuse", Said(report));
                break;
            case AgentEvent.Canceled or AgentEvent.CancelRejected or AgentEvent.Skipped:
                Stray(course, report);
                break;
        }
    }

    private static void OnFailure(UpdateCourse course, AgentReport report)
    {
        // Once it has written to itself and restarted, a failure means that it is back on what it had.
        if (course.Status >= UpdateStatus.Installed)
        {
            course.To(UpdateStatus.RolledBack, "DeviceInitiated", Said(report));
            return;
        }

        var reason = report.Code switch
        {
            "10000001" => "NetworkError",
            "10000002" => "ChecksumMismatch",
            "10000003" => "NoSpace",
            "20000001" => "InstallFailed",
            _ when course.Status >= UpdateStatus.Installing => "InstallFailed",
            _ => "DownloadFailed",
        };
        Fail(course, reason, Said(report));
    }

    private static void OnReportOfStop(UpdateCourse course, AgentReport report)
    {
        switch (report.Event)
        {
            case AgentEvent.Canceled:
                course.To(UpdateStatus.Canceled, course.Update.Reason, Said(report));
                break;
            case AgentEvent.Failed when course.Update.StoppedAt < UpdateStatus.Installing:
                course.To(UpdateStatus.Canceled, course.Update.Reason, Said(report));
                break;

            // Too late: it goes on to its normal end, and is never taken for canceled.
            case AgentEvent.CancelRejected or AgentEvent.Installing or AgentEvent.Installed or AgentEvent.Rebooting or AgentEvent.Confirming or AgentEvent.Succeeded:
                Resume(course, Said(report));
                if (report.Event != AgentEvent.CancelRejected)
                {
                    OnReportOfUpdate(course, report);
                }

                break;
        }
    }

    private static void Resume(UpdateCourse course, string? evidence)
    {
        course.Update = course.Update with { StoppedAt = null };
        course.To(UpdateStatus.Installing, evidence: evidence);
    }

    private static void Progress(UpdateCourse course, int? percent)
    {
        var update = course.Update;
        if (update.Status == UpdateStatus.Downloading && percent is { } now and >= 0 and <= 100 && now >= (update.Percent ?? 0) + PercentStep)
        {
            course.Update = update with { Percent = now, Deadline = course.Now + UpdateDeadlines.Of(UpdateStatus.Downloading, update, course.Context) };
        }
    }

    private static void Stray(UpdateCourse course, AgentReport report)
    {
        var update = course.Update;
        if (update.Strays >= MaxStrays)
        {
            return;
        }

        course.Update = update with { Strays = update.Strays + 1 };
        course.Note(string.Create(CultureInfo.InvariantCulture, $"Without effect: {report.Event} of {report.WireId}. {Said(report)}"));
    }

    /// <summary>Lines that belong to no step, and often come when it is over: the words for why it failed.</summary>
    private static void Log(UpdateCourse course, AgentReport report)
    {
        var update = course.Update;
        if (report.WireId == update.WireId && update.Logs < MaxLogs && Said(report) is { } words)
        {
            course.Update = update with { Logs = update.Logs + 1 };
            course.Note(words);
        }
    }

    /// <summary>In the device's own words.</summary>
    private static string? Said(AgentReport report) => (report.Code, report.Message) switch
    {
        (null, null) => null,
        (null, var message) => Cut(message),
        (var code, null) => Cut(code),
        var (code, message) => Cut($"{code}: {message}"),
    };

    private static string Cut(string text) => Excerpt.Head(text, AgentReport.MaxMessageLength);
}
