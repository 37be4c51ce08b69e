using System.Text;

namespace Muster.Mqtt;

/// <summary>Percent-decoding (RFC 3986 section 2.1) of UTF-8. <c>+</c> is a plus, not a space.</summary>
internal static class PercentCoding
{
    /// <summary>Decodes into <paramref name="scratch"/>, which must be as long as <paramref name="text"/>; text without an escape is returned as it is.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> scratch, out ReadOnlySpan<byte> decoded)
    {
        decoded = text;
        var escape = text.IndexOf((byte)'%');
        if (escape < 0)
        {
            return true;
        }

        var written = 0;
        while (escape >= 0)
        {
            text[..escape].CopyTo(scratch[written..]);
            written += escape;
            if (text.Length < escape + 3 || !TryHex(text[escape + 1], text[escape + 2], out scratch[written]))
            {
                return false;
            }

            written++;
            text = text[(escape + 3)..];
            escape = text.IndexOf((byte)'%');
        }

        text.CopyTo(scratch[written..]);
        decoded = scratch[..(written + text.Length)];
        return MqttText.IsValid(decoded);
    }

    /// <summary>Null where the text is not well encoded.</summary>
    public static string? Decode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return TryDecode(bytes, new byte[bytes.Length], out var decoded) ? Encoding.UTF8.GetString(decoded) : null;
    }

    private static bool TryHex(byte high, byte low, out byte value)
    {
        value = 0;
        if (!char.IsAsciiHexDigit((char)high) || !char.IsAsciiHexDigit((char)low))
        {
            return false;
        }

        value = (byte)((Digit(high) << 4) | Digit(low));
        return true;
    }

    private static int Digit(byte hex) => hex <= '9' ? hex - '0' : (hex & 0x0F) + 9;
}
