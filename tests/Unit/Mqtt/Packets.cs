using System.Buffers;

namespace Muster.Mqtt;

/// <summary>Hands bytes to the codec, whole or in segments.</summary>
internal static class Packets
{
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
