using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Xunit;

namespace Muster.Telemetry;

public sealed class EventRecordTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void What_a_writer_wrote_is_read_back_whole()
    {
        var text = Gen.String[Gen.Char['\u0001', '\ud7ff'], 0, 50];
        var property = Gen.Select(text, text.Null()).Select((name, value) => new EventProperty(name, value));
        Gen.Select(text, text, property.Array[0, 20], property.Array[0, 20], Gen.Byte.Array[0, 300]).Sample((device, module, system, properties, body) =>
        {
            var origin = new EventOrigin(device, module, "18", "{\"scope\":\"device\"}");
            var read = EventRecord.Decode(Write(origin, system.Select(p => p with { Value = p.Value ?? "" }), properties, body), 7, 42, At);

            Assert.Equal((7, 42, At, device), (read.Partition, read.Offset, read.EnqueuedAt, read.DeviceId));
            Assert.Equal(module.Length == 0 ? null : module, read.ModuleId);
            Assert.Equal(system.Select(p => p with { Value = p.Value ?? "" }), read.SystemProperties.Take(system.Length));
            Assert.Equal(properties, read.Properties);
            Assert.Equal(body, read.Body.ToArray());
        });
    }

    [Fact]
    public void The_hub_says_who_sent_the_event_when_and_how_it_signed_in()
    {
        var read = EventRecord.Decode(Write(new EventOrigin("d", "m", "636", "{}"), [new("message-id", "1")], [], []), 0, 0, At);

        Assert.Equal(
            [
                new EventProperty("message-id", "1"), new("iothub-connection-device-id", "d"), new("iothub-connection-module-id", "m"),
                new("iothub-connection-auth-method", "{}"), new("iothub-connection-auth-generation-id", "636"),
                new("iothub-enqueuedtime", "2026-01-02T03:04:05.678Z"), new("iothub-message-source", "Telemetry"),
            ],
            read.SystemProperties);
    }

    [Fact]
    public void What_came_from_the_upstream_hub_was_enqueued_there_and_is_told_with_its_place()
    {
        var record = Write(
            new EventOrigin("d", null, "636", "{}"), [new("iothub-enqueuedtime", "2026-01-01T00:00:00.000Z"), new("iothub-upstream-sequence", "3:77")], [], []);
        var read = EventRecord.Decode(record, 0, 5, At);

        Assert.Equal("2026-01-01T00:00:00.000Z", Assert.Single(read.SystemProperties, property => property.Name == "iothub-enqueuedtime").Value);
        var observation = Assert.Single(Assert.Single(ObservationGroups.Of([read])).Value.Events);
        Assert.Equal((5, 77, 636), (observation.Offset, observation.UpstreamSequence, observation.GenerationId));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), observation.EnqueuedAt);
    }

    [Fact]
    public void A_device_that_is_no_module_has_no_module_id_downstream()
    {
        var read = EventRecord.Decode(Write(new EventOrigin("d", null, "1", "{}"), [], [], []), 0, 0, At);
        Assert.DoesNotContain(read.SystemProperties, property => property.Name == "iothub-connection-module-id");
    }

    [Fact]
    public void Bytes_that_are_no_record_are_refused_and_nothing_else_happens()
    {
        var whole = Write(new EventOrigin("device", "module", "1", "{}"), [new("a", "b")], [new("c", null)], [1, 2, 3]);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length]).Sample((at, value, length) =>
        {
            var bytes = whole.ToArray();
            bytes[at] = value;
            try
            {
                var read = EventRecord.Decode(bytes.AsSpan(0, length), 0, 0, At);
                Assert.True(read.Body.Length <= length);
            }
            catch (InvalidDataException)
            {
            }
        });
    }

    [Fact]
    public void A_count_beyond_the_records_end_asks_for_no_memory()
    {
        var bytes = Write(new EventOrigin("d", null, "1", "{}"), [], [], []);
        bytes[^4] = bytes[^3] = 0xFF;
        Assert.Throws<InvalidDataException>(() => EventRecord.Decode(bytes, 0, 0, At));
    }

    private static byte[] Write(EventOrigin origin, IEnumerable<EventProperty> system, IEnumerable<EventProperty> properties, byte[] body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new EventWriter(buffer, origin, EventSource.Telemetry);
        foreach (var property in system)
        {
            writer.SystemProperty(Encoding.UTF8.GetBytes(property.Name), Encoding.UTF8.GetBytes(property.Value!));
        }

        writer.BeginProperties();
        foreach (var property in properties)
        {
            writer.Property(Encoding.UTF8.GetBytes(property.Name), Encoding.UTF8.GetBytes(property.Value ?? ""), property.Value is null);
        }

        writer.End(new ReadOnlySequence<byte>(body));
        Assert.Equal((uint)buffer.WrittenCount - 4, BitConverter.ToUInt32(buffer.WrittenSpan));
        return buffer.WrittenSpan[4..].ToArray();
    }
}
