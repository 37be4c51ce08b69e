namespace Muster.Simulation.Updates;

/// <summary>The update agent of a simulated device. Pure: no clock, no network, no chance.</summary>
internal static class UpdateAgent
{
    /// <summary>Bytes that a device has room for.</summary>
    internal const long Space = 4L << 30;

    /// <summary>How often a bad image brings a device down before it holds.</summary>
    internal const int CrashesOfBadImage = 10;

    private const string NetworkFailed = "10000001";
    private const string ChecksumWrong = "10000002";
    private const string NoSpace = "10000003";
    private const string InstallFailed = "20000001";
    private const string OldImageBooted = "30000001";
    private const int ProgressStep = 25;

    internal static AgentStep Next(AgentState state, AgentEvent happened)
    {
        var now = new AgentStep(state, []);
        return happened switch
        {
            AgentEvent.Desired desired => OnDesired(now, desired.Order),
            AgentEvent.Progressed progressed when IsAt(state, progressed.WorkflowId, UpdateStep.Downloading) => OnProgress(now, progressed.Percent),
            AgentEvent.DownloadEnded ended when IsAt(state, ended.WorkflowId, UpdateStep.Downloading) => OnDownloaded(now, ended.Problem),
            AgentEvent.Elapsed(var id, UpdateStep.Installing) when IsAt(state, id, UpdateStep.Installing) => OnInstalled(now),
            AgentEvent.Elapsed(var id, UpdateStep.Confirming) when IsAt(state, id, UpdateStep.Confirming) => Succeed(now),
            AgentEvent.Booted => OnBooted(now with { State = state with { RestartCount = state.RestartCount + 1 } }),
            AgentEvent.CrashDue when state is { IsUnhealthy: true, CrashesLeft: > 0 } => OnCrashDue(now),
            AgentEvent.FaultChosen(var fault) => now with { State = state with { Fault = fault } },
            _ => now,
        };
    }

    private static bool IsAt(AgentState state, string workflowId, UpdateStep step) => state.Job is { } job && job.Step == step && job.Order.WorkflowId == workflowId;

    private static AgentStep OnDesired(AgentStep now, UpdateOrder? order)
    {
        now = now with { State = now.State with { Waiting = null } };
        return (now.State.Job, order) switch
        {
            (_, null) => now,
            ({ } job, _) when job.Order.WorkflowId == order.WorkflowId => order.IsCancel ? Cancel(now, order) : Permit(now, order.Permit),

            _ when now.State.Ended.Contains(order.WorkflowId) => now,

            // What has begun to write is never left half-way: the new one has its turn afterwards.
            ({ IsUnderWay: true, CanStop: false }, _) => now with { State = now.State with { Waiting = order } },
            _ => Take(now, order),
        };
    }

    private static AgentStep Take(AgentStep now, UpdateOrder order)
    {
        now = StopDownload(now);
        now = (now with { State = now.State with { Held = null } }).With(new UpdateJob { Order = order, Fault = FaultOf(now.State, order) });
        if (order.IsCancel)
        {
            return Finish(now, UpdateResult.Cancelled);
        }

        now = ReportFaults.Say(now);
        return order.Manifest switch
        {
            null => Fail(now, ChecksumWrong, order.Problem ?? "there is no manifest"),
            { } manifest when !manifest.IsFor(now.State.Model, now.State.HardwareRevision) => Fail(now, InstallFailed, $"it is not for model {now.State.Model}"),
            { Size: > Space } => Fail(now, NoSpace, "it does not fit"),
            { } manifest when manifest.Version == now.State.Version => Succeed(now),
            { } manifest => To(now, UpdateStep.Downloading).Do(new AgentAction.Download(order.WorkflowId, manifest, now.Job.Fault == UpdateFault.Cut)),
        };
    }

    /// <summary>What goes wrong with this workflow.</summary>
    // What goes wrong with the image or its installation is the new image's: the way back is free of it, or no device with a fault could ever be brought back.
    internal static UpdateFault FaultOf(AgentState state, UpdateOrder order) =>
        order.IsRollback && state.Fault is >= UpdateFault.Hash and <= UpdateFault.Lies ? UpdateFault.None : state.Fault;

    private static AgentStep Cancel(AgentStep now, UpdateOrder order) => now.Job switch
    {
        { IsUnderWay: false } => now,
        { CanStop: true } => Finish(StopDownload(now), UpdateResult.Cancelled),
        { CancelRejected: true } => Permit(now, order.Permit),
        var job => Permit(ReportFaults.Say(now.With(job with { CancelRejected = true }), rejectsCancel: true), order.Permit),
    };

    private static AgentStep Permit(AgentStep now, UpdatePermit permit)
    {
        var job = now.Job;
        var holds = job.CancelRejected && job.Order.Permit > permit ? job.Order.Permit : permit;
        return GoOn(now.With(job with { Order = job.Order with { Permit = holds } }));
    }

    /// <summary>The next step, if it is permitted.</summary>
    private static AgentStep GoOn(AgentStep now) => now.Job switch
    {
        { Step: UpdateStep.Downloaded, Order: { Permit: >= UpdatePermit.Install, WorkflowId: var id } } =>
            To(now, UpdateStep.Installing).Do(new AgentAction.Wait(id, UpdateStep.Installing)),
        { Step: UpdateStep.Installed, Order.Permit: >= UpdatePermit.Reboot, Fault: var fault } =>
            To(now, UpdateStep.Rebooting).Do(fault == UpdateFault.NeverReturns ? new AgentAction.Vanish() : new AgentAction.Reboot()),
        _ => now,
    };

    private static AgentStep OnProgress(AgentStep now, int percent) =>
        percent / ProgressStep > now.Job.Percent / ProgressStep && percent < 100 ? ReportFaults.Say(now.With(now.Job with { Percent = percent })) : now;

    private static AgentStep OnDownloaded(AgentStep now, DownloadProblem? problem) => (problem, now.Job.Fault) switch
    {
        (DownloadProblem.Network, _) => Fail(now, NetworkFailed, "the download broke off too often"),
        (DownloadProblem.Checksum, _) or (null, UpdateFault.Hash) => Fail(now, ChecksumWrong, "the SHA-256 is not that of the manifest"),
        _ => GoOn(To(now.With(now.Job with { Percent = 100 }), UpdateStep.Downloaded)),
    };

    private static AgentStep OnInstalled(AgentStep now) =>
        now.Job.Fault == UpdateFault.Install ? Fail(now, InstallFailed, "the installer ended with 1") : GoOn(To(now, UpdateStep.Installed));

    // Whoever restarted the device: what is installed is what it boots.
    private static AgentStep OnBooted(AgentStep now) => now.State.Job switch
    {
        { Step: UpdateStep.Installed or UpdateStep.Rebooting, Fault: UpdateFault.OldImage } => Fail(now, OldImageBooted, "the boot loader fell back"),
        { Step: UpdateStep.Installed or UpdateStep.Rebooting, Fault: UpdateFault.NeverReturns } => now.Do(new AgentAction.Vanish()),
        { Step: UpdateStep.Installed or UpdateStep.Rebooting } job => OnNewImage(now, job),
        _ when now.State is { IsUnhealthy: true, CrashesLeft: > 0 } => now.Do(new AgentAction.AwaitCrash()),
        _ => now,
    };

    private static AgentStep OnNewImage(AgentStep now, UpdateJob job)
    {
        var booted = job.Fault == UpdateFault.Lies ? now.State
            : now.State with { Version = job.Order.Manifest?.Version ?? now.State.Version, IsUnhealthy = false, CrashesLeft = 0 };
        return To(now with { State = booted }, UpdateStep.Confirming).Do(new AgentAction.Wait(job.Order.WorkflowId, UpdateStep.Confirming));
    }

    private static AgentStep OnCrashDue(AgentStep now) => now.State.Job is { IsUnderWay: true }
        ? now.Do(new AgentAction.AwaitCrash())
        : (now with { State = now.State with { CrashesLeft = now.State.CrashesLeft - 1 } }).Do(new AgentAction.Reboot());

    private static AgentStep Succeed(AgentStep now)
    {
        var manifest = now.Job.Order.Manifest!;
        var isBad = now.Job is { Fault: UpdateFault.Unhealthy, Step: UpdateStep.Confirming };
        now = now with { State = now.State with { Installed = new(manifest.Name, manifest.Version) } };
        now = isBad ? (now with { State = now.State with { IsUnhealthy = true, CrashesLeft = CrashesOfBadImage } }).Do(new AgentAction.AwaitCrash()) : now;
        return Finish(now, UpdateResult.Success);
    }

    private static AgentStep Fail(AgentStep now, string codes, string details) => Finish(now, new(UpdateResult.FailureCode, codes, details));

    private static AgentStep Finish(AgentStep now, UpdateResult result)
    {
        now = ReportFaults.Say(now.With(now.Job with { Step = UpdateStep.Finished, Result = result }));
        var ended = now.State.Ended.Add(now.Job.Order.WorkflowId);
        now = now with { State = now.State with { Ended = ended.Length > AgentState.MaxEnded ? ended.RemoveAt(0) : ended } };
        return now.State.Waiting is { } waiting ? OnDesired(now, waiting) : now;
    }

    private static AgentStep To(AgentStep now, UpdateStep step) => ReportFaults.Say(now.With(now.Job with { Step = step }));

    private static AgentStep StopDownload(AgentStep now) => now.State.Job is { Step: UpdateStep.Downloading, Order.WorkflowId: var id }
        ? now.Do(new AgentAction.StopDownload(id)) : now;
}
