using Microsoft.Extensions.DependencyInjection;
using Muster.Fixture;
using Xunit;

namespace Muster.Routing;

public sealed class RoutingApiTests(RoutingFixture hub) : IClassFixture<RoutingFixture>
{
    private const string Secret = "a secret that nobody may see";

    [Fact]
    public async Task Endpoints_and_routes_are_made_read_changed_and_deleted_by_etag()
    {
        var (endpoint, route) = (RoutingFixture.NewName("e"), RoutingFixture.NewName("r"));
        var made = await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "webhook", url = "https://example.com/in", secret = Secret }, ("If-None-Match", "*"));
        var again = await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "webhook", url = "https://example.com/in", secret = Secret }, ("If-None-Match", "*"));
        var changed = await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "webhook", url = "https://example.com/other" }, ("If-Match", made.ETag!));
        var stale = await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "webhook", url = "https://example.com/in" }, ("If-Match", made.ETag!));

        Assert.Equal((201, 412, 200, 412), (made.Status, again.Status, changed.Status, stale.Status));
        Assert.Equal($"\"{changed.Json.GetProperty("etag").GetString()}\"", changed.ETag);
        Assert.True(changed.Json.GetProperty("hasSecret").GetBoolean());

        var routed = await hub.PutAsync($"/api/v1/routes/{route}", new { source = "TwinChangeEvents", condition = "$body.a = 1", endpoint, enabled = false });
        Assert.Equal(201, routed.Status);
        var read = (await hub.GetAsync($"/api/v1/routes/{route}")).Json;
        Assert.Equal(("twinChangeEvents", "$body.a = 1", endpoint, false), (
            read.GetProperty("source").GetString(), read.GetProperty("condition").GetString(), read.GetProperty("endpoint").GetString(), read.GetProperty("enabled").GetBoolean()));
        Assert.Contains((await hub.GetAsync("/api/v1/routes")).Json.EnumerateArray(), item => item.GetProperty("name").GetString() == route);

        var used = await hub.SendAsync("DELETE", $"/api/v1/endpoints/{endpoint}", null);
        Assert.Equal((409, "urn:muster:problem:in-use"), (used.Status, used.Json.GetProperty("type").GetString()));
        Assert.Equal(412, (await hub.SendAsync("DELETE", $"/api/v1/routes/{route}", null, ("If-Match", "\"AAAAAAAAAAA=\""))).Status);
        Assert.Equal(204, (await hub.SendAsync("DELETE", $"/api/v1/routes/{route}", null, ("If-Match", routed.ETag!))).Status);
        Assert.Equal(204, (await hub.SendAsync("DELETE", $"/api/v1/endpoints/{endpoint}", null)).Status);
        Assert.Equal((404, 404), ((await hub.GetAsync($"/api/v1/routes/{route}")).Status, (await hub.GetAsync($"/api/v1/endpoints/{endpoint}")).Status));
        Assert.Equal(404, (await hub.GetAsync($"/api/v1/endpoints/{endpoint}/dead-letters")).Status);
    }

    [Fact]
    public async Task A_secret_comes_back_from_nowhere()
    {
        var (hook, kafka) = (RoutingFixture.NewName("e"), RoutingFixture.NewName("k"));
        string[] texts =
        [
            (await hub.PutAsync($"/api/v1/endpoints/{hook}", new { type = "webhook", url = "https://example.com/in", secret = Secret })).Text,
            (await hub.PutAsync($"/api/v1/endpoints/{kafka}", new
            {
                type = "kafka", bootstrapServers = "127.0.0.18:9", topic = "t", security = "saslTls", saslMechanism = "SCRAM-SHA-256", userName = "u", password = Secret,
            })).Text,
            (await hub.GetAsync($"/api/v1/endpoints/{hook}")).Text,
            (await hub.GetAsync("/api/v1/endpoints")).Text,
        ];

        Assert.All(texts, text => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal));
        Assert.Contains(kafka, texts[3], StringComparison.Ordinal);
        Assert.Contains("\"security\":\"saslTls\"", texts[1], StringComparison.Ordinal);
        var plan = await hub.Services.GetRequiredService<IGrainFactory>().GetGrain<IRoutePlanGrain>(0).SyncAsync("nobody", -1, new DeliveryReport([], []));
        Assert.DoesNotContain(Secret, plan!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("routes", "{}", "name an endpoint")]
    [InlineData("routes", """{"endpoint":"nowhere"}""", "no endpoint 'nowhere'")]
    [InlineData("routes", """{"endpoint":"e","source":"weather"}""", "source is one of deviceMessages, twinChangeEvents")]
    [InlineData("routes", """{"endpoint":"e","condition":"level = "}""", "At position 8 of the condition")]
    [InlineData("routes", """{"endpoint":"e","condition":7}""", "$.condition")]
    [InlineData("routes", """{"endpoint":"e","enabled":"yes"}""", "$.enabled")]
    [InlineData("routes", "[]", "not understood")]
    [InlineData("endpoints", "{}", "type is log, webhook or kafka")]
    [InlineData("endpoints", """{"type":"smtp"}""", "type is log, webhook or kafka")]
    [InlineData("endpoints", """{"type":"log"}""", "consumerGroup must be given")]
    [InlineData("endpoints", """{"type":"log","consumerGroup":"g","url":"https://example.com"}""", "type log has no url")]
    [InlineData("endpoints", """{"type":"webhook","url":"https://example.com"}""", "needs a secret")]
    [InlineData("endpoints", """{"type":"webhook","url":"example","secret":"0123456789abcdef"}""", "absolute https URL")]
    [InlineData("endpoints", """{"type":"webhook","url":"https://example.com","secret":"0123456789abcdef","retryForSeconds":-1}""", "0 to 604800")]
    [InlineData("endpoints", """{"type":"kafka","bootstrapServers":"b:1"}""", "topic must be given")]
    [InlineData("endpoints", """{"type":"kafka","bootstrapServers":"b:1","topic":"t","security":"none"}""", "security is plaintext")]
    public async Task What_cannot_be_is_a_400_that_says_why_and_changes_nothing(string kind, string body, string reason)
    {
        var name = RoutingFixture.NewName("x");
        var refused = await hub.PutAsync($"/api/v1/{kind}/{name}", body);

        Assert.Equal((400, "urn:muster:problem:invalid-request"), (refused.Status, refused.Json.GetProperty("type").GetString()));
        Assert.Contains(reason, refused.Detail, StringComparison.Ordinal);
        Assert.Equal(404, (await hub.GetAsync($"/api/v1/{kind}/{name}")).Status);
    }

    [Fact]
    public async Task A_test_says_which_routes_would_take_a_message()
    {
        var (endpoint, hot, north, off) = (RoutingFixture.NewName("e"), RoutingFixture.NewName("hot"), RoutingFixture.NewName("north"), RoutingFixture.NewName("off"));
        await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "log", consumerGroup = RoutingFixture.NewName("g") });
        await hub.PutAsync($"/api/v1/routes/{hot}", new { condition = $"mark = '{hot}' AND $body.temperature > 50", endpoint });
        await hub.PutAsync($"/api/v1/routes/{north}", new { condition = $"mark = '{hot}' AND $twin.tags.site = 'north'", endpoint });
        await hub.PutAsync($"/api/v1/routes/{off}", new { condition = $"mark = '{hot}'", endpoint, enabled = false });
        var message = new
        {
            properties = new { mark = hot },
            systemProperties = new { contentType = "application/json", contentEncoding = "utf-8" },
            body = new { temperature = 60 },
        };

        var both = await hub.SendAsync("POST", "/api/v1/routes/test", new { message, twin = new { tags = new { site = "north" } } });
        var one = await hub.SendAsync("POST", "/api/v1/routes/test", new { message });
        var none = await hub.SendAsync("POST", "/api/v1/routes/test", new { message, source = "twinChangeEvents" });
        var blind = await hub.SendAsync("POST", "/api/v1/routes/test", new { message = new { message.properties, message.body } });

        Assert.Equal((200, 200, 200, 200), (both.Status, one.Status, none.Status, blind.Status));
        Assert.Equal([hot, north], Names(both));
        Assert.Equal([hot], Names(one));
        Assert.Empty(Names(none));
        Assert.Empty(Names(blind));
        Assert.Equal((true, false), (one.Json.GetProperty("bodyIsReadable").GetBoolean(), blind.Json.GetProperty("bodyIsReadable").GetBoolean()));
        Assert.Equal(400, (await hub.SendAsync("POST", "/api/v1/routes/test", "{}")).Status);
    }

    private static IEnumerable<string?> Names(RoutingAnswer answer) =>
        answer.Json.GetProperty("routes").EnumerateArray().Select(route => route.GetProperty("name").GetString()).Order(StringComparer.Ordinal);
}
