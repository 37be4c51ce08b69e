using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Muster.Errors;
using Xunit;

namespace Muster.Gateway;

public sealed class ExampleTests
{
    private static readonly string[] Rooms =
    [
        "/api/v1/rollouts", "/api/v1/approvals", "/api/v1/gates", "/api/v1/devices/{deviceId}/update", "/api/v1/releases", "/api/v1/signing-keys", "/api/v1/models",
        "/api/v1/principals",
    ];

    [Fact]
    public async Task Every_example_is_read_by_the_route_that_it_stands_for()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        foreach (var endpoint in Endpoints(gateway).Where(endpoint => endpoint.Metadata.GetMetadata<DescribedExample>() is not null))
        {
            var message = endpoint.Metadata.GetMetadata<DescribedBody>()!.Message;
            var check = typeof(ExampleTests).GetMethod(nameof(Check), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(message);

            Assert.Null(check.Invoke(null, [endpoint.Metadata.GetMetadata<DescribedExample>()!.Json]));
        }
    }

    [Fact]
    public async Task Every_body_of_updates_and_rollouts_has_one_and_the_description_shows_it()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var paths = JsonDocument.Parse(await gateway.Client.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken)).RootElement.GetProperty("paths");

        var shown = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(operation => operation.Value.TryGetProperty("requestBody", out var body)
                && body.GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _))
            .Select(_ => path.Name));
        var wanted = Endpoints(gateway).Where(endpoint => endpoint.Metadata.GetMetadata<DescribedBody>() is not null)
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.Trim('/')).Where(path => Array.Exists(Rooms, path.StartsWith));

        Assert.Contains("/api/v1/rollouts/{id}/pause", wanted);
        Assert.Empty(wanted.Except(shown));
    }

    private static IEnumerable<RouteEndpoint> Endpoints(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    private static Refusal? Check<T>(string json)
        where T : class, IRequestMessage<T> => T.Parse(Encoding.UTF8.GetBytes(json)).Check(new RequestIds("d1", null));
}
