using System.Net;
using System.Text.Json;

namespace Muster.Survival;

/// <summary>One line of <c>cluster.json</c>.</summary>
/// <param name="Role">silo, gateway, postgres or balancer.</param>
/// <param name="Pid">Null while it is not running.</param>
internal sealed record ClusterNode(string Name, string Role, int? Pid, string Address, JsonElement Ports)
{
    internal bool IsSilo => Role == "silo";

    internal IPAddress IPAddress => IPAddress.Parse(Address);

    internal int Port(string name) => Ports.GetProperty(name).GetInt32();

    internal IPEndPoint Https => new(IPAddress, Port("https"));
}

/// <summary><c>DIR/cluster.json</c>, which is rewritten at every change.</summary>
internal sealed record ClusterFile(ClusterNode[] Nodes)
{
    internal static ClusterFile Read(string file) =>
        JsonSerializer.Deserialize<ClusterFile>(File.ReadAllBytes(file), JsonSerializerOptions.Web) ?? throw new InvalidDataException($"{file} is null.");
}
