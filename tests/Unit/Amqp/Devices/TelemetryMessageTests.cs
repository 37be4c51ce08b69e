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
            Assert.Equal(code, TelemetryMessage.Write(message, Origin, records, out _)?.Code);
        }

        Assert.Equal(0, records.WrittenCount);
        Assert.Null(TelemetryMessage.Write(new Message { BodySection = new Data { Binary = new byte[256 * 1024] } }, Origin, records, out _));
    }

    /// <summary>As the C# device SDK's SendEventBatchAsync makes them.</summary>
    [Fact]
    public void Each_message_of_a_batch_is_an_event_of_its_own()
    {
        var records = new ArrayBufferWriter<byte>();
        Assert.Null(TelemetryMessage.Write(Batch(Small("one"), Small("two"), Small("three")), Origin, records, out var count));
        Assert.Equal(3, count);
        List<string> bodies = [];
        for (var rest = records.WrittenSpan; !rest.IsEmpty;)
        {
            var length = BitConverter.ToInt32(rest);
            var read = EventRecord.Decode(rest.Slice(4, length), 0, 0, default);
            bodies.Add($"{read.Properties[0].Value} {System.Text.Encoding.UTF8.GetString(read.Body.Span)}");
            rest = rest[(4 + length)..];
        }

        Assert.Equal(["one one", "two two", "three three"], bodies);
        Assert.Null(TelemetryMessage.Write(Batch(Small("alone")), Origin, records, out count));
        Assert.Equal(1, count);
    }

    [Fact]
    public void A_batch_is_taken_whole_or_leaves_no_trace_and_its_limits_are_those_of_one_message()
    {
        var records = new ArrayBufferWriter<byte>();
        Assert.Null(TelemetryMessage.Write(Small("before"), Origin, records, out _));
        var before = records.WrittenSpan.ToArray();
        Message Large(int bytes) => new() { BodySection = new Data { Binary = new byte[bytes] } };
        foreach (var (batch, code) in new (Message, HubErrorCode)[]
        {
            (Batch(Small("good"), new Message { BodySection = new AmqpValue { Value = new Map() } }), HubErrorCode.IotHubFormatError),
            (Batch(Large(200_000), Large(100_000)), HubErrorCode.MessageTooLarge),
            (Batch(Enumerable.Range(0, 1025).Select(_ => new Message()).ToArray()), HubErrorCode.MessageTooLarge),
            (Batch([Encoded(Small("good")), [1, 2, 3]]), HubErrorCode.IotHubFormatError),
            (Batch([Encoded(Small("good")), new byte[100_000]]), HubErrorCode.IotHubFormatError),
        })
        {
            Assert.Equal(code, TelemetryMessage.Write(batch, Origin, records, out var count)?.Code);
            Assert.Equal(0, count);
            Assert.Equal(before, records.WrittenSpan.ToArray());
        }
    }

    private static Message Small(string text) => new()
    {
        ApplicationProperties = new ApplicationProperties { ["k"] = text },
        BodySection = new Data { Binary = System.Text.Encoding.UTF8.GetBytes(text) },
    };

    private static Message Batch(params Message[] messages) => Batch([.. messages.Select(Encoded)]);

    private static Message Batch(byte[][] messages)
    {
        var all = new DataList();
        foreach (var one in messages)
        {
            all.Add(new Data { Binary = one });
        }

        var batch = Message.Decode(new Message { BodySection = all }.Encode());
        batch.Format = 0x80013700;
        return batch;
    }

    private static byte[] Encoded(Message message)
    {
        var bytes = message.Encode();
        return bytes.Buffer.AsSpan(bytes.Offset, bytes.Length).ToArray();
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
        why = TelemetryMessage.Write(Message.Decode(encoded), Origin, records, out _);
        return why is null ? [EventRecord.Decode(records.WrittenSpan[4..], 0, 0, default)] : [];
    }
}
