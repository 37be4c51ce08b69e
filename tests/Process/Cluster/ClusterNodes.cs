using System.Text.Json;

namespace Muster.Hosting;

/// <summary>What these tests read of <c>cluster.json</c>.</summary>
internal sealed record ClusterNodes(int Pid, List<ClusterNode> Nodes)
{
    internal static ClusterNodes Read(string folder) =>
        JsonSerializer.Deserialize<ClusterNodes>(File.ReadAllBytes(Path.Combine(folder, "cluster.json")), JsonSerializerOptions.Web)!;

    internal ClusterNode Node(string name) => Nodes.Single(node => node.Name == name);
}

internal sealed record ClusterNode(string Name, string Role, int? Pid, string Address, Dictionary<string, int> Ports);
