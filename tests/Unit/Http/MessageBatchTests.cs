using System.Buffers;
using System.Text;
using System.Text.Json;
using Muster.Telemetry;
using Xunit;

namespace Muster.Http;

public sealed class MessageBatchTests
{
    private static readonly EventOrigin Origin = new("d1", null, "000000000000000001", "{}");

    [Fact]
    public void A_batch_is_its_messages_in_order()
    {
        var messages = Read("""
            [{"body":"AAH/","properties":{"iothub-app-k":"v","IoTHub-MessageId":"m1","plain":"p"}},
             {"body":"text","base64Encoded":false},{"base64Encoded":true,"properties":null,"body":""}]
            """);

        Assert.Equal(3, messages.Count);
        Assert.Equal([0, 1, 255], messages[0].Body.ToArray());
        Assert.Equal([("k", "v"), ("plain", "p")], messages[0].Properties);
        Assert.Equal([("message-id", "m1")], messages[0].SystemProperties);
        Assert.Equal("text", Encoding.UTF8.GetString(messages[1].Body.Span));
        Assert.Equal(0, messages[2].Body.Length);
    }

    [Fact]
    public void An_empty_batch_has_no_message() => Assert.Empty(Read("[]"));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[")]
    [InlineData("[1]")]
    [InlineData("[{}]")]
    [InlineData("[] []")]
    [InlineData("""[{"body":1}]""")]
    [InlineData("""[{"body":"not base64!"}]""")]
    [InlineData("""[{"body":"","body":""}]""")]
    [InlineData("""[{"body":"","other":1}]""")]
    [InlineData("""[{"body":"","base64Encoded":"yes"}]""")]
    [InlineData("""[{"body":"","properties":[]}]""")]
    [InlineData("""[{"body":"","properties":{"iothub-app-k":1}}]""")]
    [InlineData("""[{"body":"","properties":{"":"v"}}]""")]
    [InlineData("""[{"body":"","properties":{"iothub-app-k":"\ud800"}}]""")]
    [InlineData("""[{"body":"\ud800","base64Encoded":false}]""")]
    [InlineData("[{\"body\":\"\"},{\"body\":\"AA\"")]
    public void Anything_else_is_refused_whole(string json) => Assert.ThrowsAny<JsonException>(() => Read(json));

    [Fact]
    public void Messages_that_are_too_large_together_are_too_large()
    {
        HttpMessage[] half = [new() { Body = new byte[128 * 1024] }, new() { Body = new byte[128 * 1024] }];
        Assert.False(MessageBatch.IsTooLarge(half));
        Assert.True(MessageBatch.IsTooLarge([.. half, new() { Body = new byte[1] }]));
    }

    [Fact]
    public void Properties_of_more_than_8_KB_are_too_large()
    {
        var message = new HttpMessage();
        Assert.True(message.TryAdd("iothub-app-k", new string('v', (8 * 1024) - 1)));
        Assert.False(message.IsTooLarge);
        Assert.True(message.TryAdd("iothub-app-l", ""));
        Assert.True(message.IsTooLarge);
    }

    [Fact]
    public void Headers_become_properties_by_their_names_in_any_case_and_others_are_none()
    {
        var message = new HttpMessage { Body = "hello"u8.ToArray() };
        foreach (var (name, value) in ((string, string)[])
            [
                ("IoTHub-MessageId", "m"), ("iothub-correlationid", "c"), ("iothub-userid", "u"), ("iothub-to", "/devices/d1/messages/events"),
                ("iothub-expiry", "2030"), ("iothub-contenttype", "application/json"), ("iothub-contentencoding", "utf-8"), ("dt-subject", "comp"),
                ("iothub-app-Key", "grün"), ("iothub-creation-time-utc", "2031"),
            ])
        {
            Assert.True(message.TryAdd(name, value));
        }

        foreach (var other in (string[])["Host", "User-Agent", "Content-Type", "Authorization", "iothub-name", "iothub-app-"])
        {
            Assert.False(message.TryAdd(other, "x"));
        }

        var stored = Stored(message);
        Assert.Equal("hello", Encoding.UTF8.GetString(stored.Body.Span));
        Assert.Equal([new("Key", "grün"), new("iothub-creation-time-utc", "2031")], stored.Properties);
        var system = stored.SystemProperties.ToDictionary(property => property.Name, property => property.Value);
        Assert.Equal(
            ("m", "c", "u", "/devices/d1/messages/events", "2030", "application/json", "utf-8", "comp"),
            (system["message-id"], system["correlation-id"], system["user-id"], system["to"], system["absolute-expiry-time"], system["content-type"],
                system["content-encoding"], system["dt-subject"]));
    }

    private static IReadOnlyList<HttpMessage> Read(string json) => MessageBatch.Read(Encoding.UTF8.GetBytes(json));

    private static StoredEvent Stored(HttpMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        message.Write(buffer, Origin);
        return EventRecord.Decode(buffer.WrittenSpan[4..], 0, 0, DateTimeOffset.UnixEpoch);
    }
}
