using System.Buffers;
using System.Globalization;
using CsCheck;
using Muster.Devices;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Wire;
using Xunit;

namespace Muster.Mqtt;

/// <summary>
/// Valid packets, mutated, through everything that reads bytes from outside. <c>MUSTER_FUZZ_CASES</c> sets how many cases are tried.
/// </summary>
public sealed class CodecFuzzTests
{
    private const string CasesVariable = "MUSTER_FUZZ_CASES";
    private static readonly byte[] Prefix = Topics.TelemetryPrefix(DeviceKey.Parse("d1"));
    private static readonly EventOrigin Origin = new("d1", null, "1", "{}");

    private static readonly Gen<string> Bag = Gen.OneOf("", "a=b", "%24.mid=1&k", "x=%C3%A9&$.ct=t/", "k=%zz", "=&=&&%");

    private static readonly Gen<string> Topic = Gen.OneOf(
        Bag.Select(b => $"devices/d1/messages/events/{b}"),
        Gen.OneOf(
            "$iothub/twin/GET/?$rid=1", "$iothub/twin/PATCH/properties/reported/?$rid=2&$version=3", "$iothub/methods/res/200/?$rid=ff",
            "devices/%641/messages/events/", "devices/d2/messages/events/", "$iothub/methods/POST/#", "$iothub/twin/res/#"));

    private static readonly Gen<byte[]> Packet = Gen.OneOf(
        Gen.Select(Topic, Gen.Byte.Array[0, 40], Gen.Int[0, 1], Gen.UShort).Select(static (t, p, q, id) => MqttPackets.Publish(t, p, q, id)),
        Gen.Select(Topic, Gen.Byte[0, 2], Gen.UShort).Select(static (t, q, id) => MqttPackets.Subscribe(id, (t, q), (t, q))),
        Gen.Select(Topic, Gen.UShort).Select(static (t, id) => MqttPackets.Unsubscribe(id, t)),
        Gen.Select(Topic, Gen.Byte.Array[0, 20], Gen.Bool).Select(static (t, p, w) => MqttPackets.Connect("d1", "h/d1/?api-version=1", "s", w ? (t, p) : null)),
        Gen.OneOf<byte[]>([0xC0, 0], [0xE0, 0], [0x40, 2, 0, 1]));

    private static readonly Gen<Func<byte[], byte[]>> Mutation = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[1, 12]).Select(
        static (kind, at, value, length) => (Func<byte[], byte[]>)(bytes => Mutate(bytes, kind, at, value, length)));

    [Fact]
    public void No_bytes_make_the_codec_throw_loop_or_depend_on_how_they_were_cut()
    {
        var cases = long.TryParse(Environment.GetEnvironmentVariable(CasesVariable), CultureInfo.InvariantCulture, out var n) ? n : 50_000;
        Gen.Select(Packet.Array[1, 4], Mutation.Array[0, 6], Gen.Int[1, 40]).Sample(
            (packets, mutations, size) =>
            {
                var bytes = packets.SelectMany(static p => p).ToArray();
                foreach (var mutate in mutations)
                {
                    bytes = mutate(bytes);
                }

                return Drive(new ReadOnlySequence<byte>(bytes)).SequenceEqual(Drive(Packets.InSegments(bytes, size)));
            },
            iter: cases);
    }

    private static byte[] Mutate(byte[] bytes, int kind, int at, byte value, int length)
    {
        if (bytes.Length == 0)
        {
            return [value];
        }

        at %= bytes.Length;
        var end = Math.Min(bytes.Length, at + length);
        switch (kind)
        {
            case 0:
                bytes[at] ^= (byte)(1 << (value & 7));
                return bytes;
            case 1:
                bytes[at] = value;
                return bytes;
            case 2:
                return [.. bytes[..at], .. Enumerable.Repeat(value, length), .. bytes[at..]];
            case 3:
                return [.. bytes[..at], .. bytes[end..]];
            case 4:
                return bytes[..at];
            default:
                return [.. bytes[..end], .. bytes[at..]];
        }
    }

    // What was found, step by step: the same bytes must always give the same.
    private static List<long> Drive(ReadOnlySequence<byte> input)
    {
        List<long> found = [];
        while (true)
        {
            var before = input.Length;
            var status = MqttReader.TryRead(ref input, out var frame, out var fault);
            found.Add(((long)status << 8) | (long)fault);
            if (status != ReadStatus.Frame)
            {
                return found;
            }

            if (input.Length >= before)
            {
                throw new InvalidOperationException("The reader made a packet of nothing.");
            }

            Parse(frame, found);
        }
    }

    private static void Parse(in MqttFrame frame, List<long> found)
    {
        switch (frame.Type)
        {
            case PacketType.Publish:
                found.Add((long)PublishPacket.TryParse(frame, out var publish));
                found.Add(found[^1] == 0 ? Deliver(publish) : publish.Qos);
                break;
            case PacketType.Connect:
                found.Add((long)ConnectPacket.TryParse(frame, out var connect));
                found.Add(connect is null ? -1 : UserName.Parse(connect.UserName ?? "", connect.ClientId) is null ? 0 : 1);
                break;
            case PacketType.Subscribe or PacketType.Unsubscribe:
                found.Add((long)SubscribePacket.TryParse(frame, out var subscribe));
                found.Add(subscribe is null ? -1 : (long)TopicFilters.Subscribe(SessionSubscriptions.None, subscribe.Filters, DeviceKey.Parse("d1"), out _));
                break;
        }
    }

    private static long Deliver(in PublishPacket publish)
    {
        var topic = Topics.Read(publish.Topic, Prefix);
        if (topic.Kind != TopicKind.Telemetry)
        {
            return ((long)topic.Kind << 32) ^ (topic.Version ?? 0) ^ topic.Status ^ topic.RequestId.Length ^ JsonPayload.Of(publish.Payload).Span.Length;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new EventWriter(buffer, Origin, EventSource.Telemetry);
        var fault = PropertyBag.Write(topic.Bag, MessageMarks.None, ref writer, out var size);
        if (fault != MqttFault.None)
        {
            return (long)fault << 40;
        }

        writer.End(publish.Payload);
        return EventRecord.Decode(buffer.WrittenSpan[4..], 0, 0, default).Properties.Length + ((long)size << 8);
    }
}
