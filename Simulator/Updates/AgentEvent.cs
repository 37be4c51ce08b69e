namespace Muster.Simulation.Updates;

/// <summary>Why a download failed.</summary>
internal enum DownloadProblem
{
    Network,
    Checksum,
}

/// <summary>Something that an update agent learns. What speaks of a workflow names it: it may come when that has ended.</summary>
internal abstract record AgentEvent
{
    private AgentEvent() { }

    /// <summary>What the hub desires now; null: nothing. Comes at every connect and at every change, so mostly again.</summary>
    internal sealed record Desired(UpdateOrder? Order) : AgentEvent;

    /// <param name="Percent">0 to 100.</param>
    internal sealed record Progressed(string WorkflowId, int Percent) : AgentEvent;

    /// <param name="Problem">Null: every file is there, and is what the manifest says.</param>
    internal sealed record DownloadEnded(string WorkflowId, DownloadProblem? Problem) : AgentEvent;

    /// <summary>What takes its time at this step is done.</summary>
    internal sealed record Elapsed(string WorkflowId, UpdateStep Step) : AgentEvent;

    /// <summary>The device is up again, whoever restarted it.</summary>
    internal sealed record Booted : AgentEvent;

    /// <summary>A bad image has run long enough to fail.</summary>
    internal sealed record CrashDue : AgentEvent;

    /// <summary>The operator chose a fault for this device; none: he took it back.</summary>
    internal sealed record FaultChosen(UpdateFault Fault) : AgentEvent;
}

/// <summary>What an update agent wants done.</summary>
internal abstract record AgentAction
{
    private AgentAction() { }

    /// <summary>Tell the hub, until it has acknowledged it.</summary>
    internal sealed record Report(AgentReport Message) : AgentAction;

    /// <param name="CutOnce">Whether it is to break off half-way, once.</param>
    internal sealed record Download(string WorkflowId, UpdateManifest Manifest, bool CutOnce) : AgentAction;

    internal sealed record StopDownload(string WorkflowId) : AgentAction;

    /// <summary>Say <see cref="AgentEvent.Elapsed"/> after as long as this step takes.</summary>
    internal sealed record Wait(string WorkflowId, UpdateStep Step) : AgentAction;

    /// <summary>Say <see cref="AgentEvent.CrashDue"/> after as long as a bad image runs.</summary>
    internal sealed record AwaitCrash : AgentAction;

    internal sealed record Reboot : AgentAction;

    /// <summary>Go, and do not come back.</summary>
    internal sealed record Vanish : AgentAction;
}

/// <summary>The agent after an event, and what it wants done, in this order.</summary>
internal sealed record AgentStep(AgentState State, System.Collections.Immutable.ImmutableArray<AgentAction> Actions)
{
    /// <exception cref="InvalidOperationException">There is no workflow.</exception>
    internal UpdateJob Job => State.Job ?? throw new InvalidOperationException("no workflow");

    internal AgentStep Do(AgentAction action) => this with { Actions = Actions.Add(action) };

    internal AgentStep With(UpdateJob job) => this with { State = State with { Job = job } };
}
