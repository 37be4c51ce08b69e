using System.Buffers;
using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using CsCheck;
using Muster.Telemetry;
using Xunit;

namespace Muster.EventHubs;

/// <summary>What the encoder writes, read by a decoder that shares no code with it.</summary>
public sealed class EventEncoderTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void Every_event_is_read_back_whole_whatever_its_texts_and_body()
    {
        var text = Gen.String[Gen.Char['\u0001', '\ud7ff'], 0, 300];
        var property = Gen.Select(text, text.Null()).Select((name, value) => new EventProperty(name, value));
        Gen.Select(property.Array[0, 300], Gen.Byte.Array[0, 2000], Gen.Long[0, long.MaxValue]).Sample((properties, body, offset) =>
        {
            var message = Decode(Event(offset, [], properties, body));

            Assert.Equal(body, message.GetBody<byte[]>());
            Assert.Equal(offset, message.MessageAnnotations[new Symbol("x-opt-sequence-number")]);
            var expected = properties.GroupBy(one => one.Name).ToDictionary(group => (object)group.Key, group => (object?)group.Last().Value);
            Assert.Equal(expected.Count, message.ApplicationProperties?.Map.Count ?? 0);
            Assert.All(expected, pair => Assert.Equal(pair.Value, message.ApplicationProperties!.Map[pair.Key]));
        });
    }

    [Fact]
    public void Annotations_have_the_names_and_types_that_the_SDKs_know()
    {
        var message = Decode(Event(7, [new("message-id", "m"), new("dt-subject", "s"), new("iothub-enqueuedtime", "any"), new("iothub-message-source", "Telemetry")], [], []));

        Assert.Equal(
            new Dictionary<string, object>
            {
                ["x-opt-sequence-number"] = 7L,
                ["x-opt-offset"] = "7",
                ["x-opt-enqueued-time"] = At.UtcDateTime,
                ["x-opt-partition-key"] = "d",
                ["dt-subject"] = "s",
                ["iothub-enqueuedtime"] = At.UtcDateTime,
                ["iothub-message-source"] = "Telemetry",
            },
            message.MessageAnnotations.Map.ToDictionary(pair => (string)(Symbol)pair.Key, pair => pair.Value));
    }

    [Fact]
    public void System_properties_become_the_messages_own()
    {
        var properties = Decode(Event(0, [
            new("message-id", "m-1"), new("user-id", "hub"), new("to", "/devices/d"), new("correlation-id", "c-1"), new("content-type", "application/json"),
            new("content-encoding", "utf-8"), new("absolute-expiry-time", "2026-02-03T04:05:06Z")], [], [])).Properties;

        Assert.Equal(("m-1", "c-1"), (properties.GetMessageId(), properties.GetCorrelationId()));
        Assert.Equal("hub"u8.ToArray(), properties.UserId);
        Assert.Equal(("/devices/d", "application/json", "utf-8"), (properties.To, (string)properties.ContentType, (string)properties.ContentEncoding));
        Assert.Equal(new DateTime(2026, 2, 3, 4, 5, 6, DateTimeKind.Utc), properties.AbsoluteExpiryTime);
    }

    [Fact]
    public void What_is_said_twice_has_its_last_value_and_what_is_no_time_is_left_out()
    {
        var message = Decode(Event(0, [new("message-id", "1"), new("dt-subject", "a"), new("message-id", "2"), new("dt-subject", "b"), new("absolute-expiry-time", "soon")], [], []));

        Assert.Equal("2", message.Properties.GetMessageId());
        Assert.Equal("b", message.MessageAnnotations[new Symbol("dt-subject")]);
        Assert.Equal(default, message.Properties.AbsoluteExpiryTime);
    }

    [Fact]
    public void What_is_said_twice_among_many_has_its_last_value()
    {
        var many = Enumerable.Range(0, 400).Select(i => new EventProperty($"p{i % 100}", $"{i}")).ToArray();
        var message = Decode(Event(0, many, many, []));

        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => ($"p{i}", $"{300 + i}")), message.ApplicationProperties.Map.Select(pair => ((string)pair.Key, (string)pair.Value)));
        Assert.Equal("399", message.MessageAnnotations[new Symbol("p99")]);
        Assert.Equal(4 + 100, message.MessageAnnotations.Map.Count);
    }

    [Fact]
    public void An_event_without_properties_has_no_section_for_them()
    {
        var message = Decode(Event(0, [], [], [1]));
        Assert.Null(message.Properties);
        Assert.Null(message.ApplicationProperties);
    }

    [Fact]
    public void Runtime_information_stands_before_the_event()
    {
        var buffer = new ArrayBufferWriter<byte>();
        EventEncoder.WriteRuntimeInfo(buffer, new PartitionStatus(3, 5, 9, At), At.AddSeconds(1));
        EventEncoder.Write(buffer, Event(6, [], [], "x"u8.ToArray()));
        var message = Decode(buffer);

        Assert.Equal(8L, message.DeliveryAnnotations[new Symbol("last_enqueued_sequence_number")]);
        Assert.Equal("8", message.DeliveryAnnotations[new Symbol("last_enqueued_offset")]);
        Assert.Equal(At.UtcDateTime, message.DeliveryAnnotations[new Symbol("last_enqueued_time_utc")]);
        Assert.Equal(At.AddSeconds(1).UtcDateTime, message.DeliveryAnnotations[new Symbol("runtime_info_retrieval_time_utc")]);
        Assert.Equal("x", Encoding.UTF8.GetString(message.GetBody<byte[]>()));
    }

    private static Message Decode(StoredEvent stored)
    {
        var buffer = new ArrayBufferWriter<byte>();
        EventEncoder.Write(buffer, stored);
        return Decode(buffer);
    }

    private static Message Decode(ArrayBufferWriter<byte> buffer)
    {
        var bytes = buffer.WrittenSpan.ToArray();
        var message = Message.Decode(new ByteBuffer(bytes, 0, bytes.Length, bytes.Length));
        Assert.IsType<Data>(message.BodySection);
        return message;
    }

    private static StoredEvent Event(long offset, EventProperty[] system, EventProperty[] properties, byte[] body) => new()
    {
        Partition = 3,
        Offset = offset,
        EnqueuedAt = At,
        DeviceId = "d",
        SystemProperties = [.. system],
        Properties = [.. properties],
        Body = body,
    };
}
