using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Muster.Mqtt;

/// <summary>Writes client packets byte by byte, right or deliberately wrong, and cuts bytes into segments.</summary>
internal static class Packets
{
    public static byte[] Frame(int firstByte, params byte[] body) => [(byte)firstByte, .. Length(body.Length), .. body];

    public static byte[] Text(string text) => Field(Encoding.UTF8.GetBytes(text));

    public static byte[] Field(params byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    public static byte[] Connect(string clientId, string? userName = null, string? password = null, (string Topic, byte[] Payload)? will = null, int keepAlive = 60, bool clean = false)
    {
        var flags = (clean ? 2 : 0) | (will is null ? 0 : 4) | (userName is null ? 0 : 0x80) | (password is null ? 0 : 0x40);
        return Frame(0x10,
        [
            .. Text("MQTT"), 4, (byte)flags, .. UInt16(keepAlive), .. Text(clientId),
            .. will is { } w ? [.. Text(w.Topic), .. Field(w.Payload)] : Array.Empty<byte>(),
            .. userName is null ? [] : Text(userName),
            .. password is null ? [] : Text(password),
        ]);
    }

    public static byte[] Publish(string topic, byte[] payload, int qos = 0, ushort id = 1, int extraFlags = 0) =>
        Frame(0x30 | (qos << 1) | extraFlags, [.. Text(topic), .. qos == 0 ? [] : UInt16(id), .. payload]);

    public static byte[] Subscribe(ushort id, params (string Filter, byte Qos)[] filters) =>
        Frame(0x82, [.. UInt16(id), .. filters.SelectMany(f => (byte[])[.. Text(f.Filter), f.Qos])]);

    public static byte[] Unsubscribe(ushort id, params string[] filters) => Frame(0xA2, [.. UInt16(id), .. filters.SelectMany(Text)]);

    public static byte[] UInt16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    public static byte[] Length(int remaining)
    {
        var bytes = new byte[4];
        return bytes[..MqttWriter.WriteLength(bytes, remaining)];
    }

    /// <summary>The same bytes in segments of at most <paramref name="size"/>.</summary>
    public static ReadOnlySequence<byte> InSegments(byte[] bytes, int size)
    {
        if (bytes.Length <= size)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        var first = new Segment(bytes.AsMemory(0, size), 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = last.Append(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    public static ReadStatus TryRead(byte[] bytes, out MqttFrame frame, out MqttFault fault)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        return MqttReader.TryRead(ref input, out frame, out fault);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
