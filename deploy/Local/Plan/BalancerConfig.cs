using System.Globalization;
using System.Net;
using System.Text;

namespace Muster.Local;

/// <summary>haproxy's configuration: TCP passed through, so that TLS ends in the silos and client certificates reach them.</summary>
internal static class BalancerConfig
{
    /// <summary>Two descriptors a connection, and some for the rest.</summary>
    internal static int MaxConnections(int openFiles) => Math.Clamp((openFiles - 200) / 2, 100, 100_000);

    internal static string Text(AddressPlan plan, int maxConnections)
    {
        var text = new StringBuilder(Head(maxConnections));
        var balancer = plan.Balancer;
        Add(text, "https", balancer, "https", plan.Silos, "https", Check);
        Add(text, "mqtt", balancer, "mqtt", plan.Silos, "mqtt", silo => $"track https/{silo.Name}");
        Add(text, "amqp", balancer, "amqp", plan.Silos, "amqp", silo => $"track https/{silo.Name}");
        if (balancer.Ports.ContainsKey("http"))
        {
            Add(text, "http", balancer, "http", plan.Silos, "http", silo => $"track https/{silo.Name}");
        }

        if (plan.Gateways.Length > 0)
        {
            Add(text, "gateways", balancer, "gatewayHttps", plan.Gateways, "https", Check);
        }

        return text.ToString();
    }

    private static string Head(int maxConnections) => string.Create(CultureInfo.InvariantCulture, $"""
        # Written at every start of the cluster.
        global
          maxconn {maxConnections}
          log stdout format raw local0 notice

        # Devices stay connected for hours and may say nothing for longer than half an hour: IoT Hub's longest keep-alive is 29 minutes,
        # and one and a half of it must pass. What is gone without a word is found by TCP's own keep-alive.
        defaults
          mode tcp
          log global
          option dontlog-normal
          option clitcpka
          option srvtcpka
          option redispatch 1
          retries 3
          balance leastconn
          backlog 4096
          maxconn {maxConnections}
          timeout connect 2s
          timeout client 1h
          timeout server 1h
          timeout tunnel 1h
          timeout client-fin 10s
          timeout server-fin 10s
          timeout check 1s

        """);

    // A silo that drains, or whose store is away, answers 503: it gets no new connection, and keeps those that it has.
    private static string Check(NodePlan node) => "check check-ssl verify none inter 1s fastinter 300ms downinter 500ms fall 2 rise 1";

    private static void Add(
        StringBuilder text, string name, NodePlan balancer, string frontPort, IReadOnlyList<NodePlan> nodes, string port, Func<NodePlan, string> check)
    {
        text.AppendLine().Append("listen ").AppendLine(name);
        text.Append("  bind ").AppendLine(Format(balancer.At(frontPort)));
        if (!check(nodes[0]).StartsWith("track", StringComparison.Ordinal))
        {
            text.AppendLine("  option httpchk");
            text.AppendLine("  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost hdr Connection close");
            text.AppendLine("  http-check expect status 200");
        }

        foreach (var node in nodes)
        {
            text.Append("  server ").Append(node.Name).Append(' ').Append(Format(node.At(port))).Append(' ').AppendLine(check(node));
        }
    }

    // haproxy takes an IPv6 address by a prefix; brackets alone are not told from a name by every version.
    private static string Format(IPEndPoint endpoint) =>
        endpoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"ipv6@[{endpoint.Address}]:{endpoint.Port}")
            : endpoint.ToString();
}
