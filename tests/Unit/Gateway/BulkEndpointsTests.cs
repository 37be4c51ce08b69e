using System.Text.Json;
using Muster.Devices;
using Xunit;

namespace Muster.Gateway;

public sealed class BulkEndpointsTests
{
    [Fact]
    public async Task A_hundred_items_are_created_updated_and_deleted()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        foreach (var mode in (string[])["create", "Update", "Delete"])
        {
            var items = Enumerable.Range(0, 100).Select(i => new { id = $"d{i}", importMode = mode, status = "disabled" });
            var answer = await gateway.SendAsync(HttpMethod.Post, "/devices", JsonSerializer.Serialize(items));
            Assert.Equal((200, """{"isSuccessful":true,"errors":[],"warnings":[]}"""), (answer.Status, answer.Body));
            Assert.Equal(mode == "Delete" ? 0 : 100, gateway.Cluster.Devices.Values.Count(device => device.Identity is { Status: DeviceStatus.Disabled }));
        }
    }

    [Fact]
    public async Task A_hundred_and_one_items_are_refused_and_change_nothing()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(
            HttpMethod.Post, "/devices", JsonSerializer.Serialize(Enumerable.Range(0, 101).Select(i => new { id = $"d{i}", importMode = "create" })));

        Assert.Equal((400, "ArgumentInvalid"), (answer.Status, answer.ErrorCode));
        Assert.Empty(gateway.Cluster.Devices);
    }

    [Fact]
    public async Task Items_that_fail_are_listed_in_order_and_the_others_stand()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.PutAsync("/devices/there", "{}");

        var answer = await gateway.SendAsync(HttpMethod.Post, "/devices", """
            [{"id":"there","importMode":"create"},{"id":"new","importMode":"create"},{"id":"gone","importMode":"delete"},
             {"id":"é","importMode":"create"},{"id":"new","importMode":"fly"},{"id":"there","importMode":"updateIfMatchETag","eTag":"old"},
             {"id":"there","importMode":"deleteIfMatchETag"}]
            """);

        Assert.Equal(400, answer.Status);
        Assert.False(answer.Json.GetProperty("isSuccessful").GetBoolean());
        Assert.Equal(
            ["there DeviceAlreadyExists create", "gone DeviceNotFound delete", "é ArgumentInvalid create", "new ArgumentInvalid fly",
                "there PreconditionFailed updateIfMatchETag", "there ArgumentInvalid deleteIfMatchETag"],
            answer.Json.GetProperty("errors").EnumerateArray()
                .Select(e => $"{e.GetProperty("deviceId").GetString()} {e.GetProperty("errorCode").GetString()} {e.GetProperty("operation").GetString()}"));
        Assert.NotNull(gateway.Cluster.Device("new").Identity);
    }

    [Fact]
    public async Task Items_of_one_device_run_in_the_order_given()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/devices", """
            [{"id":"d","importMode":"create"},{"id":"d","moduleId":"m","importMode":"create"},{"id":"d","importMode":"createOrUpdate","status":"disabled"},
             {"id":"d","moduleId":"m","importMode":"delete"},{"id":"d","importMode":"updateIfMatchETag","eTag":"etag2","status":"enabled"}]
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal((DeviceStatus.Enabled, "etag3"), (gateway.Cluster.Device("d").Identity!.Status, gateway.Cluster.Device("d").Identity!.ETag));
        Assert.Null(gateway.Cluster.Device("d/m").Identity);
    }

    [Fact]
    public async Task Twin_data_goes_with_the_identity_and_twin_modes_change_the_twin_alone()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        await gateway.SendAsync(HttpMethod.Post, "/devices", """
            [{"id":"a","importMode":"create","tags":{"x":1},"properties":{"desired":{"y":2}}},
             {"id":"b","importMode":"updateTwin","tags":{"x":3}},{"id":"c","importMode":"UpdateTwinIfMatchETag","twinETag":"t1","properties":{"desired":{}}}]
            """);

        var (a, b, c) = (gateway.Cluster.Device("a").LastChange!, gateway.Cluster.Device("b").LastChange!, gateway.Cluster.Device("c").LastChange!);
        Assert.Equal(("""{"x":1}""", """{"y":2}"""), (a.Tags!.ToString(), a.Desired!.ToString()));
        Assert.Equal(("""{"x":3}""", null, null), (b.Tags!.ToString(), b.Desired, b.IfMatch));
        Assert.Equal((null, "{}", "t1"), (c.Tags, c.Desired!.ToString(), c.IfMatch));
        Assert.Null(gateway.Cluster.Device("b").Identity);
    }

    [Fact]
    public async Task A_fault_of_one_item_is_that_items_error()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await gateway.GetAsync("/devices/warm-up-the-token");
        gateway.Cluster.Fault = new TimeoutException();

        var answer = await gateway.SendAsync(HttpMethod.Post, "/devices", """[{"id":"a","importMode":"create"}]""");

        Assert.Equal(400, answer.Status);
        Assert.Equal("ServiceUnavailable", Assert.Single(answer.Json.GetProperty("errors").EnumerateArray()).GetProperty("errorCode").GetString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[1]")]
    [InlineData("null")]
    public async Task A_body_that_is_no_list_of_items_is_a_400(string body)
    {
        await using var gateway = await GatewayFixture.StartAsync();

        Assert.Equal((400, "ArgumentInvalid"), ((await gateway.SendAsync(HttpMethod.Post, "/devices", body)) is { } answer ? (answer.Status, answer.ErrorCode) : default));
    }
}
