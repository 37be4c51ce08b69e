using System.Net;
using Xunit;

namespace Muster.Local;

public sealed class AddressPlanTests
{
    [Fact]
    public void The_usual_cluster_stands_on_loopback_addresses_with_the_usual_ports()
    {
        var plan = AddressPlan.For(IPAddress.Loopback, silos: 3, gateways: 2, mayBind443: true);
        Assert.Equal(
            ["postgres 127.1.1.5", "silo-1 127.1.1.11", "silo-2 127.1.1.12", "silo-3 127.1.1.13", "gateway-1 127.1.1.21", "gateway-2 127.1.1.22", "balancer 127.0.0.1"],
            plan.All.Select(node => $"{node.Name} {node.Address}"));
        Assert.Equal("127.1.1.11:30000,127.1.1.12:30000,127.1.1.13:30000", plan.OrleansGateways);
        Assert.Equal((443, 8883, 5671, 8443), (Port("https"), Port("mqtt"), Port("amqp"), Port("gatewayHttps")));
        Assert.Equal("localhost", plan.HostName);
        int Port(string name) => plan.Balancer.Ports[name];
    }

    [Fact]
    public void Clusters_on_different_addresses_share_none()
    {
        string[] binds = ["127.0.0.1", "127.0.0.2", "127.0.1.1", "127.0.118.1", "127.0.118.2", "127.0.253.1"];
        var endpoints = binds
            .Select(bind => AddressPlan.For(IPAddress.Parse(bind), silos: 5, gateways: 2, mayBind443: true))
            .SelectMany(plan => plan.All.SelectMany(node => node.Ports.Keys.Select(node.At)))
            .ToList();
        Assert.Equal(endpoints.Count, endpoints.Distinct().Count());
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(10, 10)]
    [InlineData(11, 100)]
    [InlineData(AddressPlan.MaxSilos, AddressPlan.MaxGateways)]
    public void Every_node_has_an_address_of_its_own(int silos, int gateways)
    {
        var plan = AddressPlan.For(IPAddress.Loopback, silos, gateways, mayBind443: true);
        Assert.Equal(silos + gateways + 2, plan.All.Select(node => node.Address).Distinct().Count());
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "::1")]
    [InlineData("192.168.7.9", "192.168.7.9")]
    public void Nodes_stay_on_loopback_wherever_the_balancer_listens(string bind, string dialled)
    {
        var plan = AddressPlan.For(IPAddress.Parse(bind), silos: 1, gateways: 1, mayBind443: true);
        Assert.All(plan.All.Where(node => node.Role != NodeRole.Balancer), node => Assert.True(IPAddress.IsLoopback(node.Address)));
        Assert.Equal(IPAddress.Parse(dialled), plan.Dialled);
    }

    [Fact]
    public void Where_443_is_refused_HTTPS_is_on_8443_and_the_gateways_on_9443()
    {
        var plan = AddressPlan.For(IPAddress.Loopback, silos: 1, gateways: 1, mayBind443: false);
        Assert.Equal((8443, 9443), (plan.Balancer.Ports["https"], plan.Balancer.Ports["gatewayHttps"]));
        Assert.Equal((8443, 9443), (plan.Silos[0].Ports["https"], plan.Gateways[0].Ports["https"]));
    }
}
