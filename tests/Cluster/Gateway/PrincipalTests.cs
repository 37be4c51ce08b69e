using Xunit;

namespace Muster.Gateway;

public sealed class PrincipalTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task A_principal_is_stored_acts_by_its_token_and_is_gone_when_it_is_deleted()
    {
        var name = ServiceFixture.NewId();
        var made = await service.SendAsync("POST", "/api/v1/principals", new { name, roles = new[] { "author", "safety-officer" } });
        var token = $"Bearer {made.Json.GetProperty("token").GetString()}";

        var me = await service.SendAsync("GET", "/api/v1/principals/me", token: token);
        var listed = await service.SendAsync("GET", "/api/v1/principals");

        Assert.Equal((201, 200), (made.Status, me.Status));
        Assert.Equal(["author", "safety-officer"], me.Json.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.Contains(listed.Json.EnumerateArray(), principal => principal.GetProperty("name").GetString() == name && !principal.TryGetProperty("token", out _));
        Assert.Equal(403, (await service.SendAsync("GET", "/api/v1/principals/me")).Status);
        Assert.Equal(401, (await service.SendAsync("GET", "/api/v1/principals", policy: "service")).Status);
        Assert.Equal(409, (await service.SendAsync("POST", "/api/v1/principals", new { name, roles = new[] { "author" } })).Status);
        Assert.Equal(204, (await service.SendAsync("DELETE", $"/api/v1/principals/{name}")).Status);
        Assert.Equal(404, (await service.SendAsync("DELETE", $"/api/v1/principals/{name}")).Status);
    }
}
