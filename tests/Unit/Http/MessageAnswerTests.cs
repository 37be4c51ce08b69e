using Microsoft.AspNetCore.Http;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Http;

public sealed class MessageAnswerTests
{
    private static readonly DateTimeOffset Now = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_a_message_has_stands_in_headers_and_the_token_is_quoted()
    {
        var token = Guid.NewGuid();
        var headers = Headers(new CloudMessage
        {
            MessageId = "m",
            To = "/devices/d1/messages/devicebound",
            ContentType = "text/plain",
            Ack = FeedbackLevel.Full,
            Properties = [new("k", "v"), new("bare", null)],
        }, token);

        Assert.Equal($"\"{token}\"", headers["ETag"]);
        string[] names = ["iothub-messageid", "iothub-contenttype", "iothub-ack", "iothub-deliverycount", "iothub-app-k", "iothub-app-bare", "iothub-sequencenumber"];
        Assert.Equal(["m", "text/plain", "full", "2", "v", "", "7"], names.Select(name => headers[name].ToString()));
        Assert.Equal("2031-01-01T00:00:00.0000000Z", headers["iothub-enqueuedtime"]);
        Assert.False(headers.ContainsKey("iothub-correlationid"));
    }

    [Fact]
    public void What_no_header_can_hold_is_encoded_or_left_out_and_cannot_end_the_header()
    {
        var headers = Headers(
            new CloudMessage { Properties = [new("a", "x\r\nSet-Cookie: y"), new("b\r\nc", "z"), new("ü", "z"), new("d", "grün")] }, Guid.NewGuid());

        Assert.Equal("x%0D%0ASet-Cookie%3A%20y", headers["iothub-app-a"]);
        Assert.Equal("gr%C3%BCn", headers["iothub-app-d"]);
        Assert.Equal(2, headers.Keys.Count(name => name.StartsWith("iothub-app-", StringComparison.Ordinal)));
    }

    private static HeaderDictionary Headers(CloudMessage message, Guid token)
    {
        var headers = new HeaderDictionary();
        new MessageAnswer(new LockedMessage
        {
            Message = message,
            SequenceNumber = 7,
            EnqueuedAt = Now,
            ExpiresAt = Now.AddHours(1),
            DeliveryCount = 2,
            LockToken = token,
        }).WriteHeaders(headers);
        return headers;
    }
}
