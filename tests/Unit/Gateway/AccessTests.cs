using Muster.Access;
using Xunit;

namespace Muster.Gateway;

public sealed class AccessTests
{
    [Theory]
    [InlineData(AccessRights.RegistryRead, "GET", "/devices/d1", true)]
    [InlineData(AccessRights.RegistryRead, "GET", "/devices", true)]
    [InlineData(AccessRights.RegistryRead, "GET", "/statistics/devices", true)]
    [InlineData(AccessRights.RegistryRead, "PUT", "/devices/d1", false)]
    [InlineData(AccessRights.RegistryRead, "DELETE", "/devices/d1", false)]
    [InlineData(AccessRights.RegistryRead, "POST", "/devices", false)]
    [InlineData(AccessRights.RegistryRead, "GET", "/twins/d1", false)]
    [InlineData(AccessRights.RegistryRead | AccessRights.RegistryWrite, "PUT", "/devices/d1", true)]
    [InlineData(AccessRights.RegistryRead | AccessRights.RegistryWrite, "POST", "/twins/d1/methods", false)]
    [InlineData(AccessRights.RegistryRead | AccessRights.RegistryWrite, "POST", "/devices/query", false)]
    [InlineData(AccessRights.ServiceConnect, "GET", "/twins/d1", true)]
    [InlineData(AccessRights.ServiceConnect, "PATCH", "/twins/d1", true)]
    [InlineData(AccessRights.ServiceConnect, "POST", "/twins/d1/methods", true)]
    [InlineData(AccessRights.ServiceConnect, "POST", "/devices/query", true)]
    [InlineData(AccessRights.ServiceConnect, "GET", "/api/v1/events/partitions", true)]
    [InlineData(AccessRights.ServiceConnect, "GET", "/devices/d1", false)]
    [InlineData(AccessRights.DeviceConnect, "GET", "/devices/d1", false)]
    [InlineData(AccessRights.DeviceConnect, "GET", "/api/v1/events/partitions", false)]
    public async Task A_policy_may_do_what_its_permissions_say(AccessRights rights, string method, string path, bool allowed)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Grant = gateway.Cluster.Grant with { Rights = rights };

        var answer = await gateway.SendAsync(new HttpMethod(method), path, method is "GET" or "DELETE" ? null : "not json");

        Assert.Equal(allowed, answer.Status != 401);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer x")]
    [InlineData("SharedAccessSignature sr=localhost&sig=bad&se=1&skn=iothubowner")]
    public async Task A_token_that_does_not_hold_is_a_401_in_the_form_of_the_route(string token)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var hub = await gateway.SendAsync(HttpMethod.Get, "/devices/d1", null, ("Authorization", token));
        var own = await gateway.SendAsync(HttpMethod.Get, "/api/v1/events?partition=0", null, ("Authorization", token));

        Assert.Equal((401, "IotHubUnauthorizedAccess"), (hub.Status, hub.ErrorCode));
        Assert.StartsWith("ErrorCode:IotHubUnauthorizedAccess;Unauthorized", hub.Json.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.Equal((401, "urn:muster:problem:unauthorized"), (own.Status, own.Json.GetProperty("type").GetString()));
        Assert.Empty(gateway.Cluster.Devices);
    }

    [Theory]
    [InlineData("", "/devices/d1", true)]
    [InlineData("/devices", "/devices/d1", true)]
    [InlineData("/devices/d1", "/devices/d1", true)]
    [InlineData("/devices/d1", "/Devices/d1/", true)]
    [InlineData("/devices/d1", "/devices/d1/modules/m", true)]
    [InlineData("/devices/d1", "/devices/d10", false)]
    [InlineData("/devices/d1", "/devices/D1", false)]
    [InlineData("/devices/d1", "/devices", false)]
    [InlineData("/devices/d1", "/twins/d1", false)]
    [InlineData("/twins/d1", "/twins/d1/methods", true)]
    public void A_scope_covers_its_own_path_and_those_below_by_segment(string scope, string path, bool covered) =>
        Assert.Equal(covered, ResourceScope.Covers(scope, path));

    [Fact]
    public async Task A_token_for_one_device_opens_no_other()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Grant = gateway.Cluster.Grant with { Scope = "/devices/dev 1" };

        Assert.Equal(404, (await gateway.GetAsync("/devices/dev%201")).Status);
        Assert.Equal(401, (await gateway.GetAsync("/devices/dev%2012")).Status);
    }

    [Fact]
    public async Task A_token_is_checked_again_after_a_minute()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        await gateway.GetAsync("/devices");
        await gateway.GetAsync("/devices");
        Assert.Equal(1, gateway.Cluster.Authentications);
        gateway.Time.Advance(TimeSpan.FromMinutes(1));
        await gateway.GetAsync("/devices");

        Assert.Equal(2, gateway.Cluster.Authentications);
    }

    [Fact]
    public async Task A_token_is_never_taken_beyond_its_expiry()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Grant = gateway.Cluster.Grant with { ExpiresAt = gateway.Time.GetUtcNow().AddSeconds(2) };

        await gateway.GetAsync("/devices");
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
        await gateway.GetAsync("/devices");

        Assert.Equal(2, gateway.Cluster.Authentications);
    }

    [Fact]
    public async Task The_cache_of_tokens_is_bounded_and_keeps_the_newest()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var cache = new TokenCache(gateway.Time);

        for (var i = 0; i < TokenCache.GenerationSize * 5; i++)
        {
            cache.Add($"token {i}", Caller.Of(gateway.Cluster.Grant));
        }

        Assert.InRange(cache.Count, TokenCache.GenerationSize, TokenCache.GenerationSize * 2);
        Assert.NotNull(cache.Find($"token {(TokenCache.GenerationSize * 5) - 1}"));
        Assert.Null(cache.Find("token 0"));
    }
}
