using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Muster.Gateway;

public sealed class NamedGatewaysTests
{
    private readonly Dictionary<string, string[]> names = new(StringComparer.Ordinal);

    [Fact]
    public async Task A_name_stands_for_all_its_addresses_and_is_looked_up_each_time()
    {
        var gateways = Gateways("silos:30000,10.0.0.9:1");
        names["silos"] = ["10.0.0.1", "10.0.0.2"];
        Assert.Equal(["10.0.0.1:30000", "10.0.0.2:30000", "10.0.0.9:1"], await ListAsync(gateways));
        names["silos"] = ["10.0.0.3"];
        Assert.Equal(["10.0.0.3:30000", "10.0.0.9:1"], await ListAsync(gateways));
    }

    [Fact]
    public async Task A_name_that_cannot_be_looked_up_keeps_the_addresses_that_it_had()
    {
        var gateways = Gateways("silos:30000");
        Assert.Empty(await ListAsync(gateways));
        names["silos"] = ["10.0.0.1"];
        await ListAsync(gateways);
        names.Clear();
        Assert.Equal(["10.0.0.1:30000"], await ListAsync(gateways));
    }

    private static async Task<IEnumerable<string>> ListAsync(NamedGateways gateways) => (await gateways.GetGateways()).Select(uri => $"{uri.Host}:{uri.Port}");

    private NamedGateways Gateways(string addresses) => new(
        [.. addresses.Split(',').Select(address => GatewayAddress.Parse(address)!)],
        TimeSpan.FromSeconds(5),
        (host, _) => names.TryGetValue(host, out var found)
            ? Task.FromResult(found.Select(IPAddress.Parse).ToArray())
            : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)));
}
