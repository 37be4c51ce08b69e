using Muster.Gateway;
using Xunit;

namespace Muster.Gates;

public sealed class GateCallbackTests
{
    [Fact]
    public async Task Nothing_is_asked_of_a_device_before_the_token_of_the_link_holds()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var gate = GateIds.Of("d1", "r/d1/reroute/1.1");

        var forged = await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{gate}/callback?token=made-up", """{"state":"open"}""");
        Assert.Equal(404, forged.Status);
        Assert.DoesNotContain("d1", gateway.Cluster.Devices.Keys);

        await gateway.SendAsync(HttpMethod.Post, $"/api/v1/gates/{gate}/callback?token=good", """{"state":"open"}""");
        Assert.Equal([("r/d1/reroute/1.1", GateWord.Open)], gateway.Cluster.Device("d1").SaidByLink);
    }
}
