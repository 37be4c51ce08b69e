namespace Muster.Local;

/// <summary>What a person may do to one node.</summary>
internal static class NodeVerbs
{
    internal static async Task<ControlAnswer> KillAsync(Node node, bool restarts, CancellationToken cancellationToken)
    {
        if (!await node.KillAsync(cancellationToken))
        {
            return ControlAnswer.Refused(ExitCode.Failed, $"{node.Plan.Name} is not running");
        }

        return ControlAnswer.Done(restarts ? $"{node.Plan.Name} killed; it is started again in 5 s" : $"{node.Plan.Name} killed");
    }

    internal static async Task<ControlAnswer> StopAsync(Node node, CancellationToken cancellationToken)
    {
        await node.StopAsync(cancellationToken);
        return ControlAnswer.Done($"{node.Plan.Name} stopped");
    }

    internal static async Task<ControlAnswer> StartAsync(Node node, string log, CancellationToken cancellationToken)
    {
        if (node.State == NodeState.Running)
        {
            return ControlAnswer.Done($"{node.Plan.Name} is running already");
        }

        return await node.StartAsync(cancellationToken)
            ? ControlAnswer.Done($"{node.Plan.Name} ready")
            : ControlAnswer.Refused(ExitCode.Failed, $"{node.Plan.Name} did not start: see {log}");
    }
}
