using System.Buffers.Binary;
using System.Text;

namespace Muster.Survival;

/// <summary>What a light device needs to know of the packets that it gets.</summary>
internal static class PacketBytes
{
    /// <summary>Header and whole length of the packet that the bytes begin with; null if its header is not whole.</summary>
    internal static (int Header, int Length)? Measure(ReadOnlySpan<byte> bytes)
    {
        var (value, shift) = (0, 0);
        for (var i = 1; i < bytes.Length && i <= 4; i++, shift += 7)
        {
            value |= (bytes[i] & 0x7F) << shift;
            if ((bytes[i] & 0x80) == 0)
            {
                return (1 + i, 1 + i + value);
            }
        }

        return null;
    }

    /// <summary>Topic and payload of a PUBLISH's body; of QoS 0, since nothing else is subscribed to.</summary>
    internal static string TopicOf(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> payload)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(body);
        payload = body[(2 + length)..];
        return Encoding.UTF8.GetString(body.Slice(2, length));
    }
}
