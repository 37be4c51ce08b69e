using System.Globalization;

namespace Muster.Local;

/// <summary>What <c>./cluster status</c> prints.</summary>
internal static class Status
{
    internal static ControlAnswer Describe(string folder, ClusterFile cluster)
    {
        var summary = string.Create(CultureInfo.InvariantCulture,
            $"cluster in {folder}, process {cluster.Pid}: {Running(cluster, NodeRole.Silo)}, {Running(cluster, NodeRole.Gateway)}");
        return ControlAnswer.Done([summary, Row("NODE", "STATE", "PID", "STARTS", "ADDRESS", "PORTS"), .. cluster.Nodes.Select(Row)]);
    }

    private static string Running(ClusterFile cluster, NodeRole role)
    {
        var nodes = cluster.Nodes.Where(node => node.Role == role).ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"{nodes.Count(node => node.State == NodeState.Running)} of {nodes.Count} {(role == NodeRole.Silo ? "silos" : "gateways")} running");
    }

    private static string Row(ClusterFile.Node node) => Row(
        node.Name,
#pragma warning disable CA1308 // Words for people, as in cluster.json.
        node.State.ToString().ToLowerInvariant(),
#pragma warning restore CA1308
        node.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-",
        node.Starts.ToString(CultureInfo.InvariantCulture),
        node.Address,
        string.Join(' ', node.Ports.Select(port => string.Create(CultureInfo.InvariantCulture, $"{port.Key}:{port.Value}"))));

    private static string Row(params string[] cells) =>
        $"{cells[0],-12}{cells[1],-12}{cells[2],8}{cells[3],8}  {cells[4],-16}{cells[5]}".TrimEnd();
}
