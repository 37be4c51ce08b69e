using System.Text;
using Muster.CloudToDevice;
using Muster.Errors;
using Xunit;

namespace Muster.Gateway;

public sealed class MessageEndpointsTests
{
    [Fact]
    public async Task A_purge_answers_as_IoT_Hub_does()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").PurgeReply = new PurgeMessagesReply.Purged(3);
        var answer = await gateway.SendAsync(HttpMethod.Delete, "/devices/d1/commands");
        Assert.Equal((200, """{"deviceId":"d1","totalMessagesPurged":3}"""), (answer.Status, answer.Body));

        gateway.Cluster.Device("d1").PurgeReply = new PurgeMessagesReply.Refused(new Refusal(HubErrorCode.DeviceNotFound, "no"));
        Assert.Equal((404, "DeviceNotFound"), await CodeAsync(gateway));

        static async Task<(int, string?)> CodeAsync(GatewayFixture gateway)
        {
            var answer = await gateway.SendAsync(HttpMethod.Delete, "/devices/d1/commands");
            return (answer.Status, answer.ErrorCode);
        }
    }

    [Theory]
    [InlineData("""{"body":"text"}""", "text")]
    [InlineData("""{"body":{"a":[1,"x"]}}""", """{"a":[1,"x"]}""")]
    [InlineData("""{"bodyBase64":"aGk="}""", "hi")]
    [InlineData("{}", "")]
    public async Task A_message_reaches_the_device_as_it_was_written(string json, string body)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").SendReply = new SendMessageReply.Queued(77);

        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/v1/devices/d1/messages", json);

        Assert.Equal((200, """{"sequenceNumber":77}"""), (answer.Status, answer.Body));
        Assert.Equal(body, Encoding.UTF8.GetString(gateway.Cluster.Device("d1").LastMessage!.Body.Span));
    }

    [Fact]
    public async Task What_goes_with_a_message_goes_along()
    {
        await using var gateway = await GatewayFixture.StartAsync();

        await gateway.SendAsync(HttpMethod.Post, "/api/v1/devices/d1/messages", """
            {"messageId":"m","correlationId":"c","userId":"u","contentType":"ct","contentEncoding":"ce","expiryTimeUtc":"2031-01-01T01:00:00+01:00","ack":"full",
             "properties":{"k":"v","n":null}}
            """);

        var message = gateway.Cluster.Device("d1").LastMessage!;
        Assert.Equal(("m", "c", "u", "ct", "ce"), (message.MessageId, message.CorrelationId, message.UserId, message.ContentType, message.ContentEncoding));
        Assert.Equal(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero), message.ExpiresAt);
        Assert.Equal((FeedbackLevel.Full, "/devices/d1/messages/devicebound"), (message.Ack, message.To));
        Assert.Equal([("k", "v"), ("n", null)], message.Properties.Select(property => (property.Name, property.Value)));
    }

    [Theory]
    [InlineData("""{"ack":"maybe"}""")]
    [InlineData("""{"body":1,"bodyBase64":"aGk="}""")]
    [InlineData("""{"bodyBase64":"?"}""")]
    [InlineData("""{"expiryTimeUtc":"soon"}""")]
    public async Task What_makes_no_sense_is_a_problem(string json)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        Assert.Equal(400, (await gateway.SendAsync(HttpMethod.Post, "/api/v1/devices/d1/messages", json)).Status);
        Assert.Null(gateway.Cluster.Device("d1").LastMessage);
    }

    [Fact]
    public async Task A_full_queue_is_a_403()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        gateway.Cluster.Device("d1").SendReply = new SendMessageReply.Refused(new Refusal(HubErrorCode.DeviceMaximumQueueDepthExceeded, "full"));
        Assert.Equal(403, (await gateway.SendAsync(HttpMethod.Post, "/api/v1/devices/d1/messages", "{}")).Status);
    }
}
