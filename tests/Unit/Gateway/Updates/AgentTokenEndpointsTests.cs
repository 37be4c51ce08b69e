using Muster.Access;
using Muster.Devices;
using Muster.Gateway;
using Xunit;

namespace Muster.Updates;

public sealed class AgentTokenEndpointsTests
{
    [Fact]
    public async Task A_devices_token_is_read_by_the_owner()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        Assert.Equal(404, (await gateway.GetAsync("/api/v1/devices/d1/ddi-token")).Status);

        await gateway.Cluster.Device("d1").CreateAsync(new IdentitySpec());
        var answer = await gateway.GetAsync("/api/v1/devices/d1/ddi-token");
        Assert.Equal(200, answer.Status);
        Assert.Equal("""{"deviceId":"d1","token":"token of d1"}""", answer.Body);
    }

    [Theory]
    [InlineData(AccessRights.ServiceConnect)]
    [InlineData(AccessRights.RegistryRead)]
    [InlineData(AccessRights.DeviceConnect)]
    [InlineData(AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect)]
    public async Task A_policy_that_may_not_is_refused(AccessRights rights)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.Cluster.Device("d1").CreateAsync(new IdentitySpec());
        gateway.Cluster.Grant = gateway.Cluster.Grant with { Rights = rights };

        Assert.Equal(401, (await gateway.GetAsync("/api/v1/devices/d1/ddi-token")).Status);
    }
}
