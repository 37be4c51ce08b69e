using System.Text.Json;
using Muster.Errors;
using Muster.Fleet;
using Muster.Json;
using Muster.Telemetry;
using Xunit;

namespace Muster.Gateway;

public sealed class QueryAndEventEndpointsTests
{
    [Fact]
    public async Task A_page_carries_its_item_type_and_a_continuation_only_while_more_remains()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.QueryReply = new QueryReply.Found(new QueryPage(QueryItemType.Twin, JsonUtf8.Parse("[{},{}]"), "next"));
        var first = await gateway.SendAsync(HttpMethod.Post, "/devices/query", """{"query":"SELECT * FROM devices"}""", ("x-ms-max-item-count", "2"));
        Assert.Equal(("SELECT * FROM devices", 2, null), gateway.Cluster.LastQuery);

        gateway.Cluster.QueryReply = new QueryReply.Found(new QueryPage(QueryItemType.Raw, JsonUtf8.Parse("[]"), null));
        var last = await gateway.SendAsync(HttpMethod.Post, "/devices/query", """{"query":"q"}""", ("x-ms-continuation", "next"));

        Assert.Equal((200, "[{},{}]", "Twin", "next"), (first.Status, first.Body, first.Header("x-ms-item-type"), first.Header("x-ms-continuation")));
        Assert.Equal((200, "[]", "Raw", null), (last.Status, last.Body, last.Header("x-ms-item-type"), last.Header("x-ms-continuation")));
        Assert.Equal(("q", 100, "next"), gateway.Cluster.LastQuery);
    }

    [Theory]
    [InlineData("{}", "10")]
    [InlineData("""{"query":" "}""", "10")]
    [InlineData("""{"query":1}""", "10")]
    [InlineData("""{"query":"q"}""", "0")]
    [InlineData("""{"query":"q"}""", "1001")]
    [InlineData("""{"query":"q"}""", "many")]
    public async Task A_query_without_text_or_with_a_page_out_of_range_is_a_400(string body, string pageSize)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/devices/query", body, ("x-ms-max-item-count", pageSize));

        Assert.Equal((400, "ArgumentInvalid"), (answer.Status, answer.ErrorCode));
        Assert.Null(gateway.Cluster.LastQuery.Query);
    }

    [Fact]
    public async Task A_query_that_cannot_be_parsed_is_a_400_with_the_reason()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.QueryReply = new QueryReply.Refused(new Refusal(HubErrorCode.ArgumentInvalid, "unexpected word at position 7"));

        var answer = await gateway.SendAsync(HttpMethod.Post, "/devices/query", """{"query":"SELECT nonsense"}""");

        Assert.Equal(400, answer.Status);
        Assert.Contains("position 7", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_lines_of_json_with_the_body_in_base64()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Stored = [Event(5, [0, 255]), Event(6, [])];

        var answer = await gateway.GetAsync("/api/v1/events?partition=3&from=5&max=2");

        Assert.Equal((200, "application/x-ndjson"), (answer.Status, answer.ContentType));
        Assert.Equal((3, 5L, 2), gateway.Cluster.LastRead);
        Assert.Equal(
            """{"partition":3,"offset":5,"enqueuedTime":"1970-01-01T00:00:00+00:00","deviceId":"d1","moduleId":null,"systemProperties":{"message-id":"m"},"properties":{"a":null},"body":"AP8="}""",
            answer.Body.Split('\n')[0]);
        Assert.Equal(6, JsonDocument.Parse(answer.Body.Split('\n')[1]).RootElement.GetProperty("offset").GetInt32());
        Assert.EndsWith("\n", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "partition")]
    [InlineData("partition=32", "partition")]
    [InlineData("partition=-1", "partition")]
    [InlineData("partition=1&from=x", "from")]
    [InlineData("partition=1&max=1001", "max")]
    [InlineData("partition=1&max=0", "max")]
    public async Task Reading_events_out_of_range_is_a_problem(string query, string what)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.GetAsync("/api/v1/events?" + query);

        Assert.Equal((400, "application/problem+json"), (answer.Status, answer.ContentType));
        Assert.Equal("urn:muster:problem:invalid-request", answer.Json.GetProperty("type").GetString());
        Assert.Contains(what, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Partitions_and_latest_telemetry_are_read()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").Telemetry = new LatestTelemetry(
            JsonUtf8.Parse("""{"p":{"value":1,"enqueuedTime":"2030-01-01T00:00:00Z"}}"""), DateTimeOffset.UnixEpoch);

        Assert.Equal(
            """[{"partition":0,"firstOffset":3,"nextOffset":7,"lastEnqueuedTime":"1970-01-01T00:00:00+00:00"},{"partition":1,"firstOffset":0,"nextOffset":0,"lastEnqueuedTime":null}]""",
            (await gateway.GetAsync("/api/v1/events/partitions")).Body);
        Assert.Equal(
            """{"deviceId":"d1","lastActivityTime":"1970-01-01T00:00:00+00:00","fields":{"p":{"value":1,"enqueuedTime":"2030-01-01T00:00:00Z"}}}""",
            (await gateway.GetAsync("/api/v1/devices/d1/telemetry")).Body);
        Assert.Equal("urn:muster:problem:not-found", (await gateway.GetAsync("/api/v1/devices/d2/telemetry")).Json.GetProperty("type").GetString());
    }

    private static StoredEvent Event(long offset, byte[] body) => new()
    {
        Partition = 3,
        Offset = offset,
        EnqueuedAt = DateTimeOffset.UnixEpoch,
        DeviceId = "d1",
        SystemProperties = [new("message-id", "m")],
        Properties = [new("a", null)],
        Body = body,
    };
}
