using System.Buffers;
using System.Globalization;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Errors;
using Muster.Telemetry;
using Xunit;

namespace Muster.Amqp;

public sealed class TelemetryMessageTests
{
    private static readonly EventOrigin Origin = new("d", "m", "7", "{}");

    [Fact]
    public void Properties_annotations_and_body_keep_their_names_and_bytes()
    {
        var at = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var message = new Message
        {
            Properties = new Properties
            {
                UserId = "me"u8.ToArray(),
                To = "/devices/d/messages/events",
                ContentType = "application/json",
                ContentEncoding = "utf-8",
                AbsoluteExpiryTime = at,
                CreationTime = at,
            },
            MessageAnnotations = new MessageAnnotations { [new Symbol("dt-subject")] = "part", [new Symbol("iothub-interface-id")] = "urn:x" },
            ApplicationProperties = new ApplicationProperties { ["k"] = "v", ["none"] = null, ["n"] = 1.5, ["yes"] = true, ["iothub-outputname"] = "out" },
            BodySection = new Data { Binary = [0, 1, 255] },
        };
        var id = Guid.NewGuid();
        message.Properties.SetMessageId(id);
        message.Properties.SetCorrelationId("c");

        var read = Assert.Single(Write(message, out var why));

        Assert.Null(why);
        Assert.Equal(
            [
                new("message-id", id.ToString()), new("correlation-id", "c"), new("user-id", "me"), new("to", "/devices/d/messages/events"),
                new("content-type", "application/json"), new("content-encoding", "utf-8"), new("absolute-expiry-time", "2026-01-02T03:04:05.0000000Z"),
                new("iothub-interface-id", "urn:x"), new("dt-subject", "part"), new("iothub-outputname", "out"),
            ],
            read.SystemProperties.Take(10));
        Assert.Equal(
            [new("k", "v"), new("none", null), new("n", "1.5"), new("yes", "true"), new("iothub-creation-time-utc", "2026-01-02T03:04:05.0000000Z")],
            read.Properties);
        Assert.Equal<byte>([0, 1, 255], read.Body.ToArray());
        Assert.Equal(("d", "m"), (read.DeviceId, read.ModuleId));
    }

    [Fact]
    public void Bodies_of_every_kind_become_bytes()
    {
        Assert.Equal(0, Assert.Single(Write(new Message(), out _)).Body.Length);
        Assert.Equal("text"u8.ToArray(), Assert.Single(Write(new Message { BodySection = new AmqpValue { Value = "text" } }, out _)).Body.ToArray());
        Assert.Equal<byte>([9], Assert.Single(Write(new Message { BodySection = new AmqpValue { Value = new byte[] { 9 } } }, out _)).Body.ToArray());
    }

    [Fact]
    public void What_cannot_be_kept_is_refused_and_leaves_no_trace()
    {
        var records = new ArrayBufferWriter<byte>();
        foreach (var (message, code) in new (Message, HubErrorCode)[]
        {
            (new Message { BodySection = new AmqpValue { Value = new Map() } }, HubErrorCode.IotHubFormatError),
            (new Message { ApplicationProperties = new ApplicationProperties { ["list"] = new List() } }, HubErrorCode.IotHubFormatError),
            (new Message { ApplicationProperties = new ApplicationProperties { ["long"] = new string('x', 9000) } }, HubErrorCode.MessageTooLarge),
            (new Message { BodySection = new Data { Binary = new byte[256 * 1024] }, ApplicationProperties = new ApplicationProperties { ["k"] = "v" } }, HubErrorCode.MessageTooLarge),
        })
        {
            Assert.Equal(code, TelemetryMessage.Write(message, Origin, records)?.Code);
        }

        Assert.Equal(0, records.WrittenCount);
        Assert.Null(TelemetryMessage.Write(new Message { BodySection = new Data { Binary = new byte[256 * 1024] } }, Origin, records));
    }

    [Theory]
    [InlineData("text", "text")]
    [InlineData(7ul, "7")]
    [InlineData(-3, "-3")]
    public void Ids_of_every_type_become_text(object id, string text) => Assert.Equal(text, MessageParts.Id(id));

    [Fact]
    public void Numbers_are_written_alike_in_every_culture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = culture;
        Assert.True(MessageParts.TryText(1.5, out var text));
        Assert.Equal("1.5", text);
    }

    private static IEnumerable<StoredEvent> Write(Message message, out Refusal? why)
    {
        var encoded = message.Encode();
        var records = new ArrayBufferWriter<byte>();
        why = TelemetryMessage.Write(Message.Decode(encoded), Origin, records);
        return why is null ? [EventRecord.Decode(records.WrittenSpan[4..], 0, 0, default)] : [];
    }
}
