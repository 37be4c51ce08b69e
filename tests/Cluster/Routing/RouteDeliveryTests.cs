using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Muster.Fixture;
using Muster.Telemetry;
using Xunit;

namespace Muster.Routing;

public sealed class RouteDeliveryTests(RoutingFixture hub) : IClassFixture<RoutingFixture>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_route_s_events_reach_its_webhook_signed_in_order_and_nothing_else_does()
    {
        await using var server = await WebhookServer.StartAsync();
        var (run, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"));
        var early = await hub.SayAsync(device, run, 3);
        var (endpoint, route) = await hub.RouteToAsync(server.Url, $"run = '{run}' AND $body.n >= 1");

        var said = await hub.SayAsync(device, run, 250);
        await hub.SayAsync(device, "another" + run, 5);
        var other = await hub.SayAsync(device + "-b", run, 2);
        await server.TakesAsync(said[1..].Concat(other[1..]));

        Assert.Equal(said[1..], server.Taken.Where(message => message.StartsWith($"{device}/", StringComparison.Ordinal)));
        Assert.DoesNotContain(early[0], server.Taken.Except(said));
        Assert.Equal(0, server.Forged);
        await Eventually.HoldsAsync("the status says that all was delivered", async () =>
            (await hub.StatusAsync(route)) is var status && status.GetProperty("delivered").GetInt64() == 250 && status.GetProperty("lag").GetInt64() == 0);
        Assert.Equal(250, (await hub.GetAsync($"/api/v1/endpoints/{endpoint}")).Json.GetProperty("status").GetProperty("delivered").GetInt64());
    }

    [Fact]
    public async Task An_endpoint_that_hangs_then_fails_then_recovers_loses_nothing_and_holds_no_other_back()
    {
        await using var sick = await WebhookServer.StartAsync();
        await using var well = await WebhookServer.StartAsync();
        var (run, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"));
        sick.Answering = static async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 500;
        };
        var (_, sickRoute) = await hub.RouteToAsync(sick.Url, $"run = '{run}'");
        await hub.RouteToAsync(well.Url, $"run = '{run}'");

        var said = await hub.SayAsync(device, run, 150);
        await well.TakesAsync(said);
        await sick.ReceivesAsync(1);
        Assert.Empty(sick.Taken);

        sick.Answering = static _ => Task.FromResult(503);
        var failures = sick.Requests;
        await sick.ReceivesAsync(failures + 3);
        string[] more = [.. said, .. await hub.SayAsync(device + "-b", run, 20)];
        await well.TakesAsync(more);
        await Eventually.HoldsAsync("the status tells why and how far behind", async () =>
            await hub.StatusAsync(sickRoute) is var status && status.GetProperty("lastError").GetString() == "It answered 503." && status.GetProperty("lag").GetInt64() >= 150);

        sick.Answering = static _ => Task.FromResult(200);
        await sick.TakesAsync(more);
        Assert.Equal(said, sick.Distinct.Where(message => message.StartsWith($"{device}/", StringComparison.Ordinal)));
        Assert.Equal(more.Order(), well.Taken.Order());
        await Eventually.HoldsAsync("nothing is left to do", async () => (await hub.StatusAsync(sickRoute)).GetProperty("lag").GetInt64() == 0);
        Assert.Equal(0, (await hub.StatusAsync(sickRoute)).GetProperty("deadLettered").GetInt64());
    }

    [Fact]
    public async Task What_a_webhook_refuses_goes_to_the_dead_letters_at_once_and_can_be_read_page_by_page()
    {
        await using var server = await WebhookServer.StartAsync();
        server.Answering = static _ => Task.FromResult(422);
        var (run, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"));
        var (endpoint, route) = await hub.RouteToAsync(server.Url, $"run = '{run}'", maxBatch: 10);

        await hub.SayAsync(device, run, 25);
        await Eventually.HoldsAsync("all are dead letters", async () => (await hub.StatusAsync(route)).GetProperty("deadLettered").GetInt64() == 25);

        // Halved down to one, then one by one: 10, 5, 2 and ten times 1, twice; 5, 2 and five times 1.
        Assert.Equal(33, server.Requests);
        server.Answering = static _ => Task.FromResult(200);
        var later = await hub.SayAsync(device + "-b", run, 1);
        await server.TakesAsync(later);

        var first = (await hub.GetAsync($"/api/v1/endpoints/{endpoint}/dead-letters?max=20")).Json;
        var rest = (await hub.GetAsync($"/api/v1/endpoints/{endpoint}/dead-letters?max=20&after={first.GetProperty("next").GetString()}")).Json;
        var letters = first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).ToArray();
        Assert.Equal(25, first.GetProperty("total").GetInt64());
        Assert.Equal(Enumerable.Range(0, 25), letters.Select(letter =>
            JsonElement.Parse(letter.GetProperty("event").GetProperty("body").GetBytesFromBase64()).GetProperty("n").GetInt32()));
        Assert.All(letters, letter => Assert.Equal("It answered 422.", letter.GetProperty("reason").GetString()));
        Assert.All(letters, letter => Assert.Equal(route, letter.GetProperty("routes")[0].GetString()));
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);

        Assert.Equal(204, (await hub.SendAsync("DELETE", $"/api/v1/endpoints/{endpoint}/dead-letters", null)).Status);
        Assert.Equal(0, (await hub.GetAsync($"/api/v1/endpoints/{endpoint}/dead-letters")).Json.GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task What_fails_for_longer_than_it_may_is_kept_as_dead_letters_whole()
    {
        await using var server = await WebhookServer.StartAsync();
        server.Answering = static _ => Task.FromResult(500);
        var (run, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"));
        var (endpoint, route) = await hub.RouteToAsync(server.Url, $"run = '{run}'", retryForSeconds: 1);

        await hub.SayAsync(device, run, 5);
        await Eventually.HoldsAsync("they are given up", async () => (await hub.StatusAsync(route)).GetProperty("deadLettered").GetInt64() == 5);

        Assert.True(server.Requests > 1);
        Assert.Equal(5, (await hub.GetAsync($"/api/v1/endpoints/{endpoint}/dead-letters")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_condition_on_the_twin_sees_the_twin_of_whoever_sent_the_event()
    {
        await using var server = await WebhookServer.StartAsync();
        var (run, north, south) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("n"), RoutingFixture.NewName("s"));
        await hub.RegisterAsync(north, """{"site":"north"}""");
        await hub.RegisterAsync(south, """{"site":"south"}""");
        await hub.RouteToAsync(server.Url, $"run = '{run}' AND $twin.tags.site = 'north'");

        await hub.SayAsync(south, run, 3);
        await hub.SayAsync(RoutingFixture.NewName("nobody"), run, 3);
        var said = await hub.SayAsync(north, run, 3);
        await server.TakesAsync(said);

        Assert.Equal(said, server.Taken);
    }

    [Fact]
    public async Task A_route_that_is_off_sends_nothing_not_even_later()
    {
        await using var server = await WebhookServer.StartAsync();
        var (run, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("d"));
        var condition = $"starts_with(run, '{run}')";
        var (endpoint, route) = await hub.RouteToAsync(server.Url, condition);
        var before = await hub.SayAsync(device, run + "-before", 1);
        await server.TakesAsync(before);
        await Eventually.HoldsAsync("the runners are known", async () => (await hub.StatusAsync(route)).GetProperty("lag").ValueKind == JsonValueKind.Number);

        await hub.PutAsync($"/api/v1/routes/{route}", new { condition, endpoint, enabled = false });
        await Eventually.HoldsAsync("nothing consumes", async () =>
            (await hub.GetAsync($"/api/v1/endpoints/{endpoint}")).Json.GetProperty("status").GetProperty("lag").ValueKind == JsonValueKind.Null);
        await hub.SayAsync(device, run + "-off", 2);
        await hub.PutAsync($"/api/v1/routes/{route}", new { condition, endpoint });
        var after = await hub.SayAsync(device, run + "-after", 1);
        await server.TakesAsync(after);

        Assert.Equal([.. before, .. after], server.Taken);
    }

    [Fact]
    public async Task A_consumer_group_that_a_log_endpoint_names_sees_what_its_routes_take()
    {
        var (run, group, device) = (RoutingFixture.NewName("run"), RoutingFixture.NewName("g"), RoutingFixture.NewName("d"));
        var (endpoint, route) = (RoutingFixture.NewName("log"), RoutingFixture.NewName("route"));
        Assert.Equal(201, (await hub.PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "log", consumerGroup = group })).Status);
        Assert.Equal(201, (await hub.PutAsync($"/api/v1/routes/{route}", new { condition = "$body.n = 1", endpoint })).Status);
        await hub.SayAsync(device, run, 3);
        var filter = hub.Services.GetRequiredService<IConsumerGroupFilter>();
        await Eventually.HoldsAsync("the silo knows the group", () => filter.IsFiltered(group));
        var partition = PartitionHash.EventPartition(device);
        ImmutableArray<StoredEvent> events =
            [.. (await hub.Services.GetRequiredService<IEventLog>().ReadAsync(partition, 0, 10_000, 64 << 20, Cancelled)).Where(stored => stored.DeviceId == device)];

        Assert.Equal(3, events.Length);
        Assert.Equal([events[1]], await filter.FilterAsync(group, events, Cancelled));
        Assert.Equal(events, await filter.FilterAsync("$Default", events, Cancelled));
        Assert.False(filter.IsFiltered("$Default"));
    }

    [Fact]
    public async Task Private_addresses_are_refused_when_the_connection_is_made_and_redirects_are_not_followed()
    {
        await using var server = await WebhookServer.StartAsync();
        server.Answering = static context =>
        {
            context.Response.Headers.Location = "/in";
            return Task.FromResult(StatusCodes.Status307TemporaryRedirect);
        };
        ReadOnlyMemory<RoutedEvent> events = new RoutedEvent[]
        {
            new(new StoredEvent { Partition = 0, Offset = 0, EnqueuedAt = default, DeviceId = "d", SystemProperties = [], Properties = [], Body = default }, ["r"]),
        };
        var local = $"http://localhost:{new Uri(server.Url).Port}/in";
        await using var careful = new WebhookSink("e", new EndpointSpec.Webhook(local), WebhookServer.Secret, new RoutingOptions(), TimeProvider.System);
        await using var careless = new WebhookSink(
            "e", new EndpointSpec.Webhook(server.Url), WebhookServer.Secret, new RoutingOptions { AllowPrivateAddresses = true }, TimeProvider.System);

        var refused = await careful.DeliverAsync(events, Cancelled);
        Assert.Contains("not a public address", refused.Fault!.Reason, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
        var redirected = await careless.DeliverAsync(events, Cancelled);
        Assert.Contains("Redirects are not followed", redirected.Fault!.Reason, StringComparison.Ordinal);
        Assert.Equal(1, server.Requests);
    }
}
