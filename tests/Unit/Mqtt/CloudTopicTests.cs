using System.Text;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Mqtt;

public sealed class CloudTopicTests
{
    [Fact]
    public void The_bag_is_as_IoT_Hub_writes_it()
    {
        var message = new CloudMessage
        {
            MessageId = "m1",
            CorrelationId = "c",
            UserId = "u",
            ContentType = "text/plain",
            ContentEncoding = "utf-8",
            ExpiresAt = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Ack = FeedbackLevel.Full,
            Properties = [new("k", "v"), new("a=b", "c&d=e ✓"), new("empty", ""), new("none", null)],
        };

        Assert.Equal(
            "devices/dev1/messages/devicebound/%24.mid=m1&%24.cid=c&%24.uid=u&%24.to=%2Fdevices%2Fdev1%2Fmessages%2Fdevicebound"
            + "&%24.exp=2031-01-01T00%3A00%3A00.0000000Z&%24.ct=text%2Fplain&%24.ce=utf-8&iothub-ack=full&k=v&a%3Db=c%26d%3De%20%E2%9C%93&empty=&none",
            Of("dev1", message));
    }

    [Fact]
    public void What_the_sender_left_out_is_left_out() => Assert.Equal(
        "devices/d%23%2B1/messages/devicebound/%24.to=%2Fx", Of("d#+1", new CloudMessage { To = "/x" }));

    [Fact]
    public void Whatever_is_queued_has_a_topic_that_MQTT_can_say()
    {
        var (id, text) = (new string('✓', CloudMessage.MaxIdLength), new string('✓', 1024));
        var message = new CloudMessage
        {
            MessageId = id,
            CorrelationId = id,
            UserId = id,
            To = text,
            ContentType = text,
            ContentEncoding = text,
            ExpiresAt = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Ack = FeedbackLevel.Negative,
            Properties = [new("k", new string('&', 15_000))],
        };
        Assert.Equal(Errors.HubErrorCode.MessageTooLarge, CloudMessageRules.WhyNot(message)?.Code);

        // As much as there may be, to a device with as long a name.
        for (var length = 15_000; CloudMessageRules.WhyNot(message) is not null; length -= 50)
        {
            message = message with { Properties = [new("k", new string('&', length))] };
        }

        Assert.InRange(CloudTopic.Of(new string('#', 128), message).Length, 48 * 1024, ushort.MaxValue);
        Assert.Throws<OverflowException>(() => new OutgoingPublish(new byte[65_536], default, 1).Length);
    }

    private static string Of(string deviceId, CloudMessage message) => Encoding.UTF8.GetString(CloudTopic.Of(deviceId, message));
}
