using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Muster.Local;

/// <summary>
/// Who listens where. The balancer has the address that clients dial; everyone else has a loopback address of its own with the usual ports. Those
/// follow from the last two numbers of the balancer's, so that clusters on 127.0.X.Y stand side by side: 127.(X+1).Y.5 is PostgreSQL, .11 the first
/// silo, .21 the first gateway (and .131 the first silo where there are more than ten).
/// </summary>
internal sealed record AddressPlan
{
    internal const int MaxSilos = 100;
    internal const int MaxGateways = 100;
    private const int UsualHttps = 443;
    private const int UnprivilegedHttps = 8443;

    internal required NodePlan Postgres { get; init; }

    internal required ImmutableArray<NodePlan> Silos { get; init; }

    internal required ImmutableArray<NodePlan> Gateways { get; init; }

    internal required NodePlan Balancer { get; init; }

    /// <summary>In the order of starting.</summary>
    internal IEnumerable<NodePlan> All => [Postgres, .. Silos, .. Gateways, Balancer];

    /// <summary>Where Orleans clients enter the cluster: <c>host:port,…</c></summary>
    internal string OrleansGateways => string.Join(',', Silos.Select(silo => silo.At("gateway")));

    /// <summary>The name that devices and services dial, as <c>./run</c> chooses it.</summary>
    internal string HostName => Balancer.Address.Equals(IPAddress.Loopback) ? "localhost" : Dialled.ToString();

    /// <summary>An address of the balancer that this machine can dial.</summary>
    internal IPAddress Dialled =>
        Balancer.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : Balancer.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Balancer.Address;

    /// <param name="bind">The balancer's address.</param>
    /// <param name="mayBind443">False where ports below 1024 are refused to this user: HTTPS is then on 8443, and the gateways' on 9443.</param>
    /// <param name="http">The port of plain HTTP for update agents; null for none.</param>
    internal static AddressPlan For(IPAddress bind, int silos, int gateways, bool mayBind443, int? http = null)
    {
        var https = mayBind443 ? UsualHttps : UnprivilegedHttps;
        var gatewayHttps = mayBind443 ? UnprivilegedHttps : UnprivilegedHttps + 1000;
        var firstSilo = silos <= 10 ? 11 : 131;
        return new AddressPlan
        {
            Postgres = new("postgres", NodeRole.Postgres, Node(bind, 5), Ports(("postgres", 5432))),
            Silos = [.. Numbers(silos).Select(n => new NodePlan(Name("silo", n), NodeRole.Silo, Node(bind, firstSilo + n - 1), WithHttp(SiloPorts(https), http)))],
            Gateways =
            [
                .. Numbers(gateways).Select(n => new NodePlan(Name("gateway", n), NodeRole.Gateway, Node(bind, 20 + n), Ports(("https", gatewayHttps)))),
            ],
            Balancer = new("balancer", NodeRole.Balancer, bind, WithHttp(BalancerPorts(https, gatewayHttps, gateways), http)),
        };
    }

    private static ImmutableSortedDictionary<string, int> SiloPorts(int https) =>
        Ports(("https", https), ("mqtt", 8883), ("amqp", 5671), ("silo", 11111), ("gateway", 30000));

    private static ImmutableSortedDictionary<string, int> BalancerPorts(int https, int gatewayHttps, int gateways)
    {
        var ports = Ports(("https", https), ("mqtt", 8883), ("amqp", 5671));
        return gateways == 0 ? ports : ports.Add("gatewayHttps", gatewayHttps);
    }

    private static ImmutableSortedDictionary<string, int> WithHttp(ImmutableSortedDictionary<string, int> ports, int? http) =>
        http is { } port ? ports.Add("http", port) : ports;

    private static IEnumerable<int> Numbers(int count) => Enumerable.Range(1, count);

    private static string Name(string role, int number) => string.Create(CultureInfo.InvariantCulture, $"{role}-{number}");

    private static IPAddress Node(IPAddress bind, int last)
    {
        var bytes = bind.GetAddressBytes();
        return new IPAddress([127, (byte)((bytes[^2] % 254) + 1), bytes[^1], (byte)last]);
    }

    private static ImmutableSortedDictionary<string, int> Ports(params (string Name, int Port)[] ports) =>
        ports.ToImmutableSortedDictionary(port => port.Name, port => port.Port, StringComparer.Ordinal);
}
