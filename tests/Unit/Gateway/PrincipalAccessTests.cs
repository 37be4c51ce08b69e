using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Orleans;
using Xunit;

namespace Muster.Gateway;

/// <summary>What routes say of who may use them, on routes of the tests' own that answer with who acts.</summary>
public sealed class PrincipalAccessTests : IAsyncLifetime
{
    private const string Sas = "SharedAccessSignature sr=localhost&sig=good&se=1&skn=iothubowner";
    private readonly FakeCluster cluster = new();
    private WebApplication? app;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IGrainFactory>(cluster);
        builder.Services.AddGatewayApi();
        app = builder.Build();
        var routes = app.MapGroup("/test").AddEndpointFilter<FaultFilter>().Guarded().WithMetadata(new OwnApi());
        routes.MapGet("/anybody", Say).RequiresPrincipal();
        routes.MapGet("/author", Say).RequiresPrincipal(Roles.Author);
        routes.MapGet("/either-role", Say).RequiresPrincipal("site-operations", Roles.Operator);
        routes.MapGet("/policy", Say).Requires(AccessRights.ServiceConnect);
        routes.MapGet("/both", Say).RequiresOr(AccessRights.ServiceConnect, Roles.Operator);
        await app.StartAsync(TestContext.Current.CancellationToken);

        static string Say(Actor actor) => $"{actor.Name}: {string.Join(',', actor.Roles)}";
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("anybody", "Bearer rosa:author", "rosa: author")]
    [InlineData("anybody", "bearer rosa:author", "rosa: author")]
    [InlineData("anybody", "Bearer rosa:", "rosa: ")]
    [InlineData("author", "Bearer rosa:firmware-lead,author", "rosa: firmware-lead,author")]
    [InlineData("either-role", "Bearer omar:site-operations", "omar: site-operations")]
    [InlineData("either-role", "Bearer olga:operator", "olga: operator")]
    [InlineData("both", "Bearer olga:operator", "olga: operator")]
    [InlineData("both", Sas, "policy:iothubowner: ")]
    [InlineData("policy", Sas, "policy:iothubowner: ")]
    public async Task Who_may_is_let_in_and_acts_under_the_name_of_the_token(string route, string token, string actor) =>
        Assert.Equal((200, actor), await StatusAndTextAsync(route, token));

    [Theory]
    [InlineData("author", "Bearer olga:operator", "olga has not the role author.")]
    [InlineData("author", "Bearer rosa:authors", "rosa has not the role author.")]
    [InlineData("either-role", "Bearer rosa:author", "rosa has not the role site-operations or operator.")]
    [InlineData("both", "Bearer rosa:author", "rosa has not the role operator.")]
    [InlineData("anybody", Sas, "The policy iothubowner is nobody who could answer for this: it takes Bearer and the token of a principal.")]
    [InlineData("author", Sas, "The policy iothubowner is nobody who could answer for this: it takes Bearer and the token of a principal with the role author.")]
    public async Task Who_may_not_is_told_why(string route, string token, string why)
    {
        var (status, text) = await StatusAndTextAsync(route, token);

        Assert.Equal(
            (403, "urn:muster:problem:forbidden", why),
            (status, JsonDocument.Parse(text).RootElement.GetProperty("type").GetString(), JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()));
    }

    [Theory]
    [InlineData("anybody", "")]
    [InlineData("anybody", "Bearer")]
    [InlineData("anybody", "Bearer ")]
    [InlineData("anybody", "Basic cm9zYTphdXRob3I=")]
    [InlineData("anybody", "Bearer muster_cm9zYQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("anybody", "SharedAccessSignature sr=localhost&sig=bad&se=1&skn=iothubowner")]
    [InlineData("both", "Bearer nonsense")]
    [InlineData("both", "SharedAccessSignature sr=localhost&sig=bad&se=1&skn=iothubowner")]
    public async Task A_token_that_does_not_hold_is_a_401_that_says_what_is_wanted(string route, string token)
    {
        using var answer = await SendAsync(route, token);

        Assert.Equal((401, "Bearer"), ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
    }

    [Fact]
    public async Task Where_no_principal_is_taken_its_token_is_none()
    {
        using var answer = await SendAsync("policy", "Bearer olga:operator");

        Assert.Equal((401, ""), ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        Assert.Equal(0, cluster.Principals.Authentications);
    }

    [Fact]
    public async Task A_token_that_is_too_long_is_refused_unread()
    {
        using var answer = await SendAsync("anybody", "Bearer rosa:" + new string('a', 5000));

        Assert.Equal(401, (int)answer.StatusCode);
        Assert.Equal(0, cluster.Principals.Authentications);
    }

    [Fact]
    public async Task A_policy_without_the_right_is_refused_where_both_are_taken()
    {
        cluster.Grant = cluster.Grant with { Rights = AccessRights.RegistryRead };
        Assert.Equal(401, (await StatusAndTextAsync("both", Sas)).Status);
    }

    [Fact]
    public async Task A_cluster_that_cannot_answer_is_no_bad_token()
    {
        cluster.Fault = new InvalidOperationException("broken");
        Assert.Equal(500, (await StatusAndTextAsync("anybody", "Bearer rosa:author")).Status);
    }

    private async Task<(int Status, string Text)> StatusAndTextAsync(string route, string token)
    {
        using var answer = await SendAsync(route, token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private async Task<HttpResponseMessage> SendAsync(string route, string token)
    {
        using var client = app!.GetTestClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/test/{route}");
        request.Headers.TryAddWithoutValidation("Authorization", token);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
