using System.Buffers.Binary;
using System.Text.Unicode;

namespace Muster.Mqtt;

/// <summary>Length-prefixed fields and the text rules of MQTT 3.1.1 section 1.5.3.</summary>
internal static class MqttText
{
    /// <summary>True for well-formed UTF-8 without U+0000.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) => !text.Contains((byte)0) && Utf8.IsValid(text);

    /// <summary>Takes a field with a 16-bit length off <paramref name="bytes"/>.</summary>
    public static bool TryTakeField(scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(bytes, out var length) || bytes.Length < 2 + length)
        {
            return false;
        }

        field = bytes.Slice(2, length);
        bytes = bytes[(2 + length)..];
        return true;
    }

    public static bool TryTakeUInt16(ref ReadOnlySpan<byte> bytes, out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(bytes, out value))
        {
            return false;
        }

        bytes = bytes[2..];
        return true;
    }

    public static bool TryTakeByte(ref ReadOnlySpan<byte> bytes, out byte value)
    {
        value = bytes.IsEmpty ? (byte)0 : bytes[0];
        if (bytes.IsEmpty)
        {
            return false;
        }

        bytes = bytes[1..];
        return true;
    }
}
