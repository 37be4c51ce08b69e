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

    private static string Of(string deviceId, CloudMessage message) => Encoding.UTF8.GetString(CloudTopic.Of(deviceId, message));
}
