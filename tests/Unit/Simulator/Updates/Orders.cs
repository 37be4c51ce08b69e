using System.Collections.Immutable;

namespace Muster.Simulation.Updates;

/// <summary>Orders and devices for tests of the update agent.</summary>
internal static class Orders
{
    internal static AgentState Device(UpdateFault fault = UpdateFault.None) => new() { Model = "P7", Version = "1.0.0", Fault = fault };

    internal static UpdateOrder Process(string id, UpdatePermit permit = UpdatePermit.Reboot, string version = "2.0.0") => new()
    {
        WorkflowId = id,
        Permit = permit,
        Manifest = new("pump-fw", version, [new("P7", null)], [new("pump.swu", 100, [1, 2], new("https://hub/artifacts/1"))]),
    };

    internal static UpdateOrder Cancel(string id) => new() { WorkflowId = id, IsCancel = true };

    internal static AgentEvent Desire(UpdateOrder? order) => new AgentEvent.Desired(order);
}

/// <summary>A device that does at once whatever its agent wants done, and remembers it.</summary>
internal sealed class DiligentDevice(AgentState state)
{
    internal AgentState State { get; private set; } = state;

    internal List<AgentAction> Actions { get; } = [];

    internal IEnumerable<AgentReport> Reports => Actions.OfType<AgentAction.Report>().Select(action => action.Message);

    internal IEnumerable<string> Steps => Reports.Select(report => report.State == 6 ? AgentReport.NameOf(report.Job.Step) : $"{report.State}");

    /// <summary>Feeds what happened, and then what comes of it, until nothing does.</summary>
    /// <param name="answer">Null for what does not come to an end.</param>
    internal DiligentDevice On(AgentEvent happened, Func<AgentAction, AgentEvent?> answer)
    {
        var queue = new Queue<AgentEvent>([happened]);
        while (queue.TryDequeue(out var next))
        {
            foreach (var action in Step(next))
            {
                if (answer(action) is { } follows)
                {
                    queue.Enqueue(follows);
                }
            }
        }

        return this;
    }

    internal DiligentDevice On(AgentEvent happened) => On(happened, Answer);

    /// <summary>Only this, and nothing that comes of it.</summary>
    internal ImmutableArray<AgentAction> Step(AgentEvent happened)
    {
        var step = UpdateAgent.Next(State, happened);
        State = step.State;
        Actions.AddRange(step.Actions);
        return step.Actions;
    }

    internal static AgentEvent? Answer(AgentAction action) => action switch
    {
        AgentAction.Download(var id, _, _) => new AgentEvent.DownloadEnded(id, null),
        AgentAction.Wait(var id, var step) => new AgentEvent.Elapsed(id, step),
        AgentAction.AwaitCrash => new AgentEvent.CrashDue(),
        AgentAction.Reboot => new AgentEvent.Booted(),
        _ => null,
    };
}
