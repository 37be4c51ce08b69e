using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Serialization;

namespace Muster.Local;

[JsonConverter(typeof(JsonStringEnumConverter<NodeRole>))]
internal enum NodeRole
{
    [JsonStringEnumMemberName("silo")]
    Silo = 0,

    [JsonStringEnumMemberName("gateway")]
    Gateway = 1,

    [JsonStringEnumMemberName("postgres")]
    Postgres = 2,

    [JsonStringEnumMemberName("balancer")]
    Balancer = 3,
}

/// <summary>A process of the cluster: what it is, and where it listens.</summary>
/// <param name="Ports">By what is spoken there: <c>https</c>, <c>http</c>, <c>mqtt</c>, <c>amqp</c>, <c>silo</c>, <c>gateway</c>, <c>postgres</c>, <c>gatewayHttps</c>.</param>
internal sealed record NodePlan(string Name, NodeRole Role, IPAddress Address, ImmutableSortedDictionary<string, int> Ports)
{
    internal IPEndPoint At(string port) => new(Address, Ports[port]);
}
