namespace Muster.Simulation.Updates;

/// <summary>How reports reach the hub: as they are said, or twice, late or out of order. The last word is always the last.</summary>
internal static class ReportFaults
{
    /// <summary>Reports the workflow as it stands.</summary>
    /// <param name="rejectsCancel">Whether this answers a cancel that came too late; later steps do not say that again.</param>
    internal static AgentStep Say(AgentStep now, bool rejectsCancel = false)
    {
        var job = now.Job;
        var report = new AgentReport(job, now.State.Installed, job.Step >= UpdateStep.Confirming ? now.State.Version : null, rejectsCancel);
        return (job.Fault, job.Step) switch
        {
            (UpdateFault.Twice, _) => Send(Send(now, report), report),

            (UpdateFault.Late, UpdateStep.Installed) => Again(Send(now, report), UpdateStep.Downloading),
            (UpdateFault.Late, UpdateStep.Confirming) => Again(Send(now, report), UpdateStep.Installing),

            // Only what is followed by something whatever the hub permits; else it would wait for word that is held back.
            (UpdateFault.Reorder, UpdateStep.Accepted or UpdateStep.Installing) when now.State.Held is null =>
                now with { State = now.State with { Held = report } },
            (_, UpdateStep.Finished) => Send(Release(now), report),
            _ => Release(Send(now, report)),
        };
    }

    private static AgentStep Again(AgentStep now, UpdateStep earlier) =>
        Send(now, new(now.Job with { Step = earlier, Percent = 50 }, now.State.Installed, Version: null));

    private static AgentStep Release(AgentStep now) =>
        now.State.Held is { } held ? Send(now with { State = now.State with { Held = null } }, held) : now;

    private static AgentStep Send(AgentStep now, AgentReport report) => now.Do(new AgentAction.Report(report));
}
