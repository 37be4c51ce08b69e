using System.Collections.Immutable;
using System.Text.Json;

namespace Muster.Local;

/// <summary><c>cluster.json</c>: the cluster's processes. Rewritten by rename at every change. Its fields are a contract: add, never rename.</summary>
/// <param name="Pid">The supervisor.</param>
internal sealed record ClusterFile(int Pid, ImmutableArray<ClusterFile.Node> Nodes)
{
    internal const string FileName = "cluster.json";

    /// <summary>One process.</summary>
    /// <param name="Pid">Null while there is none.</param>
    /// <param name="Ports">By what is spoken there.</param>
    /// <param name="State">starting, running, restarting (down, and about to be started again), stopping, stopped.</param>
    /// <param name="Starts">How often it was started since the cluster was.</param>
    internal sealed record Node(
        string Name, NodeRole Role, int? Pid, string Address, ImmutableSortedDictionary<string, int> Ports, NodeState State, int Starts);

    /// <summary>What the folder's file says; null if there is none that can be read.</summary>
    internal static ClusterFile? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<ClusterFile>(File.ReadAllBytes(Path.Combine(folder, FileName)), WholeFile.Json);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
