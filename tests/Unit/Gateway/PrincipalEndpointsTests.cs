using System.Text.Json;
using Muster.Access;
using Xunit;

namespace Muster.Gateway;

public sealed class PrincipalEndpointsTests
{
    private const string Path = "/api/v1/principals";

    [Fact]
    public async Task A_principal_is_made_and_its_token_is_told_once()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var made = await CreateAsync(gateway, """{"name":"rosa","roles":["author","firmware-lead"],"expires":"2030-02-01T00:00:00+01:00"}""");
        var listed = await gateway.GetAsync(Path);
        var token = made.Json.GetProperty("token").GetString()!;

        Assert.Equal((201, "no-store"), (made.Status, made.Header("Cache-Control")));
        Assert.StartsWith("muster_", token, StringComparison.Ordinal);
        Assert.Equal(
            """[{"name":"rosa","roles":["author","firmware-lead"],"createdTime":"2030-01-02T03:04:05+00:00","expires":"2030-01-31T23:00:00+00:00"}]""", listed.Body);
        Assert.DoesNotContain(token[^54..], listed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_stands_for_the_principal()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var token = await TokenAsync(gateway, "rosa", "author");

        var me = await gateway.SendAsync(HttpMethod.Get, Path + "/me", null, ("Authorization", $"Bearer {token}"));

        Assert.Equal((200, """{"name":"rosa","roles":["author"]}"""), (me.Status, me.Body));
    }

    [Fact]
    public async Task A_deleted_principal_is_noticed_within_a_minute()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var token = ("Authorization", $"Bearer {await TokenAsync(gateway, "rosa", "author")}");
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, Path + "/me", null, token)).Status);

        Assert.Equal(204, (await gateway.SendAsync(HttpMethod.Delete, Path + "/rosa")).Status);
        gateway.Time.Advance(TimeSpan.FromMinutes(1));
        var refused = await gateway.SendAsync(HttpMethod.Get, Path + "/me", null, token);

        Assert.Equal((401, "urn:muster:problem:unauthorized", "Bearer"), (refused.Status, Type(refused), refused.Header("WWW-Authenticate")));
        Assert.Equal(2, gateway.Cluster.Principals.Authentications);
    }

    [Fact]
    public async Task A_token_is_never_taken_beyond_its_expiry()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var made = await CreateAsync(gateway, """{"name":"rosa","roles":["author"],"expires":"2030-01-02T03:04:10Z"}""");
        var token = ("Authorization", $"Bearer {made.Json.GetProperty("token").GetString()}");

        await gateway.SendAsync(HttpMethod.Get, Path + "/me", null, token);
        await gateway.SendAsync(HttpMethod.Get, Path + "/me", null, token);
        Assert.Equal(1, gateway.Cluster.Principals.Authentications);
        gateway.Time.Advance(TimeSpan.FromSeconds(5));
        await gateway.SendAsync(HttpMethod.Get, Path + "/me", null, token);

        Assert.Equal(2, gateway.Cluster.Principals.Authentications);
    }

    [Theory]
    [InlineData(AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect)]
    [InlineData(AccessRights.RegistryWrite)]
    [InlineData(AccessRights.ServiceConnect)]
    [InlineData(AccessRights.DeviceConnect)]
    public async Task Only_a_policy_with_every_right_makes_lists_and_deletes_principals(AccessRights rights)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Grant = gateway.Cluster.Grant with { Rights = rights };

        Assert.Equal(401, (await CreateAsync(gateway, PrincipalRequest.Example)).Status);
        Assert.Equal(401, (await gateway.GetAsync(Path)).Status);
        Assert.Equal(401, (await gateway.SendAsync(HttpMethod.Delete, Path + "/rosa")).Status);
    }

    [Fact]
    public async Task A_principal_makes_lists_and_deletes_none_whatever_its_roles()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var operatorToken = FakePrincipals.As("olga", "operator", "author", "iothubowner");

        Assert.Equal(401, (await gateway.SendAsync(HttpMethod.Post, Path, PrincipalRequest.Example, operatorToken)).Status);
        Assert.Equal(401, (await gateway.SendAsync(HttpMethod.Get, Path, null, operatorToken)).Status);
        Assert.Equal(401, (await gateway.SendAsync(HttpMethod.Delete, Path + "/rosa", null, operatorToken)).Status);
    }

    [Theory]
    [InlineData("""{"roles":["author"]}""", "name must be given")]
    [InlineData("""{"name":"Rosa","roles":["author"]}""", "lower-case")]
    [InlineData("""{"name":"rosa"}""", "1 to 16 roles")]
    [InlineData("""{"name":"rosa","roles":["Author"]}""", "Author is no role")]
    [InlineData("""{"name":"rosa","roles":"author"}""", "roles must be an array")]
    [InlineData("""{"name":"rosa","roles":["author","author"]}""", "given twice")]
    [InlineData("""{"name":"rosa","roles":["author"],"expires":"2030-02-01"}""", "expires must be a time with its offset")]
    [InlineData("""{"name":"rosa","roles":["author"],"expires":"2029-02-01T00:00:00Z"}""", "within 366 days")]
    [InlineData("""{"name":"rosa","roles":["author"],"expires":"2031-02-01T00:00:00Z"}""", "within 366 days")]
    [InlineData("""{"name":"rosa","roles":["author"],"expiry":"2030-02-01T00:00:00Z"}""", "expiry is unknown")]
    [InlineData("not json", "not understood")]
    public async Task A_bad_body_is_a_problem_that_says_what_is_wrong_and_makes_nobody(string body, string detail)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var refused = await CreateAsync(gateway, body);

        Assert.Equal((400, "urn:muster:problem:invalid-request"), (refused.Status, Type(refused)));
        Assert.Contains(detail, refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("[]", (await gateway.GetAsync(Path)).Body);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict_and_one_that_is_not_there_is_not_found()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await TokenAsync(gateway, "rosa", "author");

        var again = await CreateAsync(gateway, """{"name":"rosa","roles":["operator"]}""");
        var gone = await gateway.SendAsync(HttpMethod.Delete, Path + "/omar");

        Assert.Equal((409, "urn:muster:problem:conflict"), (again.Status, Type(again)));
        Assert.Equal((404, "urn:muster:problem:not-found"), (gone.Status, Type(gone)));
        Assert.DoesNotContain("operator", (await gateway.GetAsync(Path)).Body, StringComparison.Ordinal);
    }

    private static Task<Answer> CreateAsync(GatewayFixture gateway, string body) => gateway.SendAsync(HttpMethod.Post, Path, body);

    private static async Task<string> TokenAsync(GatewayFixture gateway, string name, params string[] roles)
    {
        var made = await CreateAsync(gateway, JsonSerializer.Serialize(new { name, roles }));
        Assert.Equal(201, made.Status);
        return made.Json.GetProperty("token").GetString()!;
    }

    private static string? Type(Answer answer) => answer.Json.GetProperty("type").GetString();
}
