using Muster.Devices;
using Muster.Gateway;
using Muster.Updates;
using Xunit;

namespace Muster.Ddi;

public sealed class DdiAccessTests
{
    [Fact]
    public async Task A_device_is_opened_by_its_own_token_and_by_the_gateways_and_by_no_other()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("d1");
        hub.Devices.Register("d2");
        var own = hub.Secrets.DdiTargetToken("d1", 638);

        Assert.Equal(32, own.Length);
        Assert.Equal(200, await PollAsync(hub, "d1", $"TargetToken {own}"));
        Assert.Equal(200, await PollAsync(hub, "d1", hub.Gateway));
        foreach (var wrong in (string?[])[
            null, "", "TargetToken ", $"TargetToken {own}x", $"TargetToken {hub.Secrets.DdiTargetToken("d1", 639)}", $"GatewayToken {own}",
            $"TargetToken {hub.Secrets.DdiGatewayToken}", $"Bearer {own}", "GatewayToken ", "GatewayToken wrong"])
        {
            Assert.Equal(401, await PollAsync(hub, "d1", wrong));
        }

        Assert.Equal(401, await PollAsync(hub, "d2", $"TargetToken {own}"));
    }

    [Fact]
    public async Task The_tenant_is_known_in_any_case_and_others_are_not()
    {
        await using var hub = await AgentFixture.StartAsync(("Ddi:Tenant", "plant-7"));
        hub.Devices.Register("d1");

        Assert.Equal(200, (await hub.SendAsync("GET", "/PLANT-7/controller/v1/d1", null, ("Authorization", hub.Gateway))).Status);
        Assert.Equal(404, (await hub.SendAsync("GET", "/default/controller/v1/d1", null, ("Authorization", hub.Gateway))).Status);
    }

    [Fact]
    public async Task An_unknown_device_is_registered_by_the_gateways_token_alone()
    {
        await using var hub = await AgentFixture.StartAsync();

        Assert.Equal(401, await PollAsync(hub, "new", $"TargetToken {hub.Secrets.DdiTargetToken("new", 0)}"));
        Assert.Null(hub.Devices["new"].Spec);
        Assert.Equal(200, await PollAsync(hub, "new", hub.Gateway));
        Assert.Equal(AuthenticationType.None, hub.Devices["new"].Spec!.Authentication.Type);
    }

    [Fact]
    public async Task An_unknown_device_stays_so_where_that_is_wanted()
    {
        await using var hub = await AgentFixture.StartAsync(("Ddi:AutoRegister", "false"));

        Assert.Equal(401, await PollAsync(hub, "new", hub.Gateway));
        Assert.Null(hub.Devices["new"].Spec);
    }

    [Fact]
    public async Task A_disabled_device_and_an_id_that_no_device_can_have_are_refused()
    {
        await using var hub = await AgentFixture.StartAsync();
        hub.Devices.Register("off", status: DeviceStatus.Disabled);

        Assert.Equal(401, await PollAsync(hub, "off", hub.Gateway));
        Assert.Equal(401, await PollAsync(hub, "a%22b", hub.Gateway));
        Assert.Empty(hub.Devices["off"].Polls);
    }

    [Fact]
    public async Task A_gateway_token_that_was_given_takes_the_place_of_the_hubs_and_an_empty_one_takes_it_away()
    {
        await using var given = await AgentFixture.StartAsync(("Ddi:GatewayToken", "0123456789abcdef"));
        given.Devices.Register("d1");
        Assert.Equal(200, await PollAsync(given, "d1", "GatewayToken 0123456789abcdef"));
        Assert.Equal(401, await PollAsync(given, "d1", given.Gateway));

        await using var none = await AgentFixture.StartAsync(("Ddi:GatewayToken", ""));
        none.Devices.Register("d1");
        Assert.Equal(401, await PollAsync(none, "d1", none.Gateway));
        Assert.Equal(401, await PollAsync(none, "d1", "GatewayToken "));
    }

    [Fact]
    public async Task Target_tokens_open_nothing_where_they_are_off()
    {
        await using var hub = await AgentFixture.StartAsync(("Ddi:TargetTokens", "false"));
        hub.Devices.Register("d1");

        Assert.Equal(401, await PollAsync(hub, "d1", $"TargetToken {hub.Secrets.DdiTargetToken("d1", 638)}"));
    }

    [Fact]
    public async Task What_a_stranger_says_of_certificates_is_not_heard()
    {
        await using var hub = await AgentFixture.StartAsync(("Ddi:TrustedProxies", "10.1.2.3"), ("Ddi:TrustedAuthorities", "CN=Fleet"));
        hub.Devices.Register("d1");

        Assert.Equal(401, (await hub.SendAsync("GET", "/default/controller/v1/d1", null, ("X-Controller-Id", "d1"), ("X-Authority", "CN=Fleet"))).Status);
    }

    [Theory]
    [InlineData("Ddi:Tenant", "a/b")]
    [InlineData("Ddi:PollingInterval", "00:00:00.5")]
    [InlineData("Ddi:GatewayToken", "short")]
    [InlineData("Ddi:TrustedProxies", "proxy.example")]
    [InlineData("Ddi:Attributes", "model")]
    [InlineData("Ddi:Attributes", "colour=c")]
    [InlineData("Mender:AutoAccept", "true")]
    [InlineData("Mender:TenantToken", "short")]
    [InlineData("Mender:Attributes", "model=a;model=b")]
    public async Task A_setting_that_makes_no_sense_keeps_the_hub_from_starting(string key, string value) =>
        await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => AgentFixture.StartAsync((key, value)));

    private static async Task<int> PollAsync(AgentFixture hub, string deviceId, string? authorization) =>
        (await hub.SendAsync("GET", $"/default/controller/v1/{deviceId}", null, ("Authorization", authorization))).Status;
}
