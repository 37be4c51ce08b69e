using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Muster.Gateway;

public sealed class ApiDescriptionTests
{
    // What they do is all in their path.
    private static readonly string[] Bodiless =
    [
        "put /api/v1/consumer-groups/{name}", "post /messages/servicebound/feedback/{lockToken}/abandon",
        "post /api/v1/rollouts/{id}/plan", "post /api/v1/rollouts/{id}/submit", "post /api/v1/rollouts/{id}/withdraw", "post /api/v1/rollouts/{id}/start",
        "post /api/v1/rollouts/{id}/resume", "post /api/v1/devices/{deviceId}/update/release-quarantine",
        "post /api/v1/releases/{id}/publish", "post /api/v1/releases/{id}/deprecate", "post /api/v1/signing-keys/{id}/revoke",
    ];

    // The token in its link lets the caller in.
    private const string ByLink = "post /api/v1/gates/{gateId}/callback";

    [Fact]
    public async Task The_description_lists_exactly_the_routes_that_are_mapped()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var document = await DocumentAsync(gateway);

        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        var mapped = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ServiceApi>() is not null)
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(method => $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Contains("PATCH /twins/{deviceId}", mapped);
    }

    [Fact]
    public async Task Every_operation_has_a_summary_all_its_parameters_and_what_it_may_answer()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var document = await DocumentAsync(gateway);

        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var where = $"{operation.Name} {path.Name}";
                var parameters = operation.Value.TryGetProperty("parameters", out var given)
                    ? given.EnumerateArray().Select(p => (In: p.GetProperty("in").GetString(), Name: p.GetProperty("name").GetString())).ToArray()
                    : [];
                Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("summary").GetString()), where);
                Assert.Equal(
                    Regex.Matches(path.Name, @"\{(\w+)\}").Select(match => match.Groups[1].Value), parameters.Where(p => p.In == "path").Select(p => p.Name));
                Assert.Equal(IsHubRoute(path.Name), parameters.Contains(("query", "api-version")));
                Assert.Equal(operation.Name is "put" or "post" or "patch" && !Bodiless.Contains(where), operation.Value.TryGetProperty("requestBody", out _));
                Assert.Equal(where != ByLink && !path.Name.StartsWith("/health", StringComparison.Ordinal), operation.Value.TryGetProperty("security", out _));
                Assert.Contains(operation.Value.GetProperty("responses").EnumerateObject(), answer => answer.Name is "200" or "201" or "204");
            }
        }
    }

    [Fact]
    public async Task Every_operation_that_lets_in_principals_says_when_it_answers_401_and_403()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var paths = (await DocumentAsync(gateway)).GetProperty("paths");
        var guarded = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<ServiceApi>() is not null && endpoint.Metadata.GetMetadata<RequiredPrincipal>() is not null).ToArray();

        Assert.NotEmpty(guarded);
        foreach (var endpoint in guarded)
        {
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            var answers = paths.GetProperty("/" + endpoint.RoutePattern.RawText!.Trim('/')).GetProperty(method.ToLowerInvariant()).GetProperty("responses");
            var isOnlyForSome = endpoint.Metadata.GetMetadata<RequiredRights>() is null || endpoint.Metadata.GetMetadata<RequiredPrincipal>()!.AnyOf.Count > 0;
            Assert.Contains("IotHubUnauthorizedAccess", answers.GetProperty("401").GetProperty("description").GetString(), StringComparison.Ordinal);
            Assert.True(!isOnlyForSome || answers.GetProperty("403").GetProperty("description").GetString()!.Contains("NotPermitted", StringComparison.Ordinal), endpoint.DisplayName);
        }
    }

    [Fact]
    public async Task Who_is_let_in_by_a_link_is_told_what_may_be_refused_and_of_no_401()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var answers = (await DocumentAsync(gateway)).GetProperty("paths").GetProperty(ByLink[5..]).GetProperty("post").GetProperty("responses");

        Assert.True(answers.TryGetProperty("404", out _));
        Assert.False(answers.TryGetProperty("401", out _));
    }

    [Fact]
    public async Task Bodies_are_described_by_name_and_every_name_is_there()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var document = await DocumentAsync(gateway);
        var schemas = document.GetProperty("components").GetProperty("schemas");

        var names = Regex.Matches(document.GetRawText(), "\"#/components/schemas/(\\w+)\"").Select(match => match.Groups[1].Value).Distinct().ToArray();

        Assert.Contains("IdentityRequest", names);
        Assert.Contains("HubErrorBody", names);
        Assert.All(names, name => Assert.True(schemas.TryGetProperty(name, out _), name));
    }

    [Fact]
    public async Task The_readable_page_needs_nothing_from_elsewhere()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var cancellationToken = TestContext.Current.CancellationToken;

        using var root = await gateway.Client.GetAsync("/", cancellationToken);
        var page = await gateway.Client.GetStringAsync("/docs/", cancellationToken);
        var script = Regex.Match(page, "<script[^>]* src=\"([^\"]+)\"").Groups[1].Value;
        using var scripts = await gateway.Client.GetAsync(new Uri(new Uri("http://localhost/docs/"), script), cancellationToken);

        Assert.Equal("/docs", root.Headers.Location?.OriginalString);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        Assert.True(scripts.IsSuccessStatusCode, script);
    }

    private static bool IsHubRoute(string path) =>
        !path.StartsWith("/api/", StringComparison.Ordinal) && !path.StartsWith("/health", StringComparison.Ordinal);

    private static async Task<JsonElement> DocumentAsync(GatewayFixture gateway) =>
        JsonDocument.Parse(await gateway.Client.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken)).RootElement;
}
