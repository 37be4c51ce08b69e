using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Amqp;

public sealed class CloudMessageTests
{
    [Fact]
    public void A_message_comes_out_for_the_device_as_it_went_in()
    {
        var expiry = new DateTime(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var id = Guid.NewGuid();
        var sent = To("/devices/d%201/messages/deviceBound");
        sent.Properties.UserId = "me"u8.ToArray();
        sent.Properties.ContentType = "application/json";
        sent.Properties.AbsoluteExpiryTime = expiry;
        sent.Properties.SetMessageId(id);
        sent.Properties.SetCorrelationId("c");
        sent.ApplicationProperties = new ApplicationProperties { ["k"] = "v", ["iothub-ack"] = "Full", ["n"] = 5 };
        sent.BodySection = new Data { Binary = [1, 2, 3] };

        Assert.Null(CloudMessageReader.Read(Message.Decode(sent.Encode()), out var key, out var read));

        Assert.Equal(("d 1", FeedbackLevel.Full, id.ToString()), (key.ToString(), read.Ack, read.MessageId));
        Assert.Equal([new("k", "v"), new("n", "5")], read.Properties);
        Assert.Equal(new DateTimeOffset(expiry), read.ExpiresAt);

        var lent = new LockedMessage
        {
            Message = read,
            SequenceNumber = 9,
            EnqueuedAt = new DateTimeOffset(expiry).AddDays(-1),
            ExpiresAt = new DateTimeOffset(expiry).AddHours(-1),
            DeliveryCount = 2,
            LockToken = Guid.NewGuid(),
        };
        var encoded = CloudMessageEncoder.Encode("d 1", lent);
        var got = Message.Decode(new ByteBuffer(encoded, 0, encoded.Length, encoded.Length));
        Assert.Equal((id.ToString(), "c", "/devices/d%201/messages/deviceBound"), (got.Properties.GetMessageId(), got.Properties.GetCorrelationId(), got.Properties.To));
        Assert.Equal(("me", "application/json"), (Encoding.UTF8.GetString(got.Properties.UserId), (string)got.Properties.ContentType));
        Assert.Equal(expiry.AddHours(-1), got.Properties.AbsoluteExpiryTime.ToUniversalTime());
        Assert.Equal(("v", "5", "full"), (got.ApplicationProperties["k"], got.ApplicationProperties["n"], got.ApplicationProperties["iothub-ack"]));
        Assert.Equal((lent.LockToken, 9L, 2), (Annotation(got, "x-opt-lock-token"), Annotation(got, "x-opt-sequence-number"), Annotation(got, "iothub-deliverycount")));
        Assert.Equal<byte>([1, 2, 3], ((Data)got.BodySection).Binary);
    }

    [Fact]
    public void What_the_sender_left_out_is_left_out()
    {
        Assert.Null(CloudMessageReader.Read(To("amqps://h/devices/d/modules/m/messages/devicebound"), out var key, out var read));
        Assert.Equal("d/m", key.ToString());
        Assert.Equal((null, null, FeedbackLevel.None, 0), (read.MessageId, read.ExpiresAt, read.Ack, read.Body.Length));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/devices/d")]
    [InlineData("/devices/d/messages/events")]
    [InlineData("/devices/d%2Fe/messages/devicebound")]
    public void A_message_for_nobody_is_refused(string? to) =>
        Assert.Equal("com.microsoft:argument-error", CloudMessageReader.Read(To(to), out _, out _)?.Condition);

    [Fact]
    public void A_message_that_cannot_be_kept_is_refused()
    {
        var (ack, list, value) = (To("/devices/d/messages/devicebound"), To("/devices/d/messages/devicebound"), To("/devices/d/messages/devicebound"));
        ack.ApplicationProperties = new ApplicationProperties { ["iothub-ack"] = "perhaps" };
        list.ApplicationProperties = new ApplicationProperties { ["k"] = new List() };
        value.BodySection = new AmqpValue { Value = 5 };
        Assert.All([ack, list, value], message => Assert.Equal("com.microsoft:argument-error", CloudMessageReader.Read(message, out _, out _)?.Condition));
    }

    private static object Annotation(Message message, string name) => message.MessageAnnotations[new Symbol(name)];

    private static Message To(string? to) => new() { Properties = new Properties { To = to } };
}
