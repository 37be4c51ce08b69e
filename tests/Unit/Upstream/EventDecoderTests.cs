using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Telemetry;
using Xunit;

namespace Muster.Upstream;

public sealed class EventDecoderTests
{
    private static readonly DateTime At = new(2026, 5, 1, 12, 0, 0, 250, DateTimeKind.Utc);

    [Fact]
    public void A_modules_telemetry_keeps_everything_that_it_came_with()
    {
        var message = Event(("iothub-message-source", "Telemetry"), ("iothub-connection-module-id", "m1"), ("iothub-connection-auth-method", "{}"),
            ("iothub-connection-auth-generation-id", "637"), ("iothub-interface-id", "i"), ("dt-subject", "s"), ("iothub-outputname", "o"));
        message.Properties = new Properties { UserId = "me"u8.ToArray(), ContentType = "application/json", ContentEncoding = "utf-8", To = "/x", AbsoluteExpiryTime = At };
        message.Properties.SetMessageId(Guid.Empty);
        message.Properties.SetCorrelationId("c");
        message.ApplicationProperties = new ApplicationProperties { ["n"] = 5, ["t"] = "x", ["list"] = new List() };

        var read = EventDecoder.Decode(message, 7)!;

        Assert.Equal((7, 42L, "d1", "m1", EventSource.Telemetry), (read.Partition, read.Offset, read.DeviceId, read.ModuleId, read.Source));
        Assert.Equal(new DateTimeOffset(At), read.EnqueuedAt);
        Assert.Equal("body", Encoding.UTF8.GetString(read.Body.Span));
        Assert.Equal([new EventProperty("n", "5"), new EventProperty("t", "x")], read.Properties);
        Assert.Equal(
            ["message-id", "correlation-id", "user-id", "to", "content-type", "content-encoding", "absolute-expiry-time", "iothub-interface-id", "dt-subject",
                "iothub-outputname", "iothub-connection-device-id", "iothub-connection-module-id", "iothub-connection-auth-method",
                "iothub-connection-auth-generation-id", "iothub-enqueuedtime", "iothub-message-source"],
            read.SystemProperties.Select(static property => property.Name));
        Assert.Contains(new EventProperty("iothub-enqueuedtime", "2026-05-01T12:00:00.250Z"), read.SystemProperties);
    }

    [Theory]
    [InlineData("twinChangeEvents", EventSource.TwinChange)]
    [InlineData("deviceLifecycleEvents", EventSource.DeviceLifecycle)]
    [InlineData("deviceConnectionStateEvents", EventSource.DeviceConnectionState)]
    [InlineData("deviceJobLifecycleEvents", EventSource.DeviceJobLifecycle)]
    public void What_the_hub_says_itself_has_its_source(string name, EventSource source) =>
        Assert.Equal(source, EventDecoder.Decode(Event(("iothub-message-source", name)), 0)!.Source);

    [Fact]
    public void What_the_hub_says_of_a_device_may_name_it_in_its_properties_and_telemetry_may_not()
    {
        Assert.Equal("d9", EventDecoder.Decode(Anonymous("twinChangeEvents"), 0)!.DeviceId);
        Assert.Null(EventDecoder.Decode(Anonymous("Telemetry"), 0));
    }

    [Fact]
    public void An_unknown_source_a_strange_id_a_body_of_no_bytes_and_no_place_in_the_partition_are_passed_over()
    {
        Assert.Null(EventDecoder.Decode(Event(("iothub-message-source", "digitalTwinChangeEvents")), 0));
        Assert.Null(EventDecoder.Decode(Event(("iothub-connection-device-id", "a/b")), 0));
        var map = Event();
        map.BodySection = new AmqpValue { Value = new Map() };
        Assert.Null(EventDecoder.Decode(map, 0));
        var nowhere = Event();
        nowhere.MessageAnnotations.Map.Remove(new Symbol("x-opt-sequence-number"));
        Assert.Null(EventDecoder.Decode(nowhere, 0));
        Assert.Null(EventDecoder.Decode(new Message(), 0));
    }

    private static Message Anonymous(string source)
    {
        var message = Event(("iothub-message-source", source));
        message.MessageAnnotations.Map.Remove(new Symbol("iothub-connection-device-id"));
        message.ApplicationProperties = new ApplicationProperties { ["deviceId"] = "d9" };
        return message;
    }

    private static Message Event(params (string Name, string Value)[] annotations)
    {
        var message = new Message
        {
            MessageAnnotations = new MessageAnnotations
            {
                [new Symbol("x-opt-sequence-number")] = 42L,
                [new Symbol("x-opt-enqueued-time")] = At,
                [new Symbol("iothub-connection-device-id")] = "d1",
            },
            BodySection = new Data { Binary = "body"u8.ToArray() },
        };
        foreach (var (name, value) in annotations)
        {
            message.MessageAnnotations[new Symbol(name)] = value;
        }

        return message;
    }
}
