using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;

namespace Muster.Json;

/// <summary>
/// Writes JSON piece by piece: documents here are mostly made of text that is JSON already, which <c>Utf8JsonWriter</c> cannot splice in.
/// </summary>
internal readonly ref struct JsonOut(IBufferWriter<byte> to)
{
    private const int LongestEscape = 6;

    /// <summary>Text that is JSON, or a piece of it.</summary>
    public void Raw(ReadOnlySpan<byte> json) => to.Write(json);

    /// <summary>A string with its quotes; null as <c>null</c>.</summary>
    public void Text(string? text)
    {
        if (text is null)
        {
            Raw("null"u8);
            return;
        }

        var utf8 = Encoding.UTF8.GetMaxByteCount(text.Length) <= 1024 ? stackalloc byte[1024] : new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        utf8 = utf8[..Encoding.UTF8.GetBytes(text, utf8)];
        var span = to.GetSpan((utf8.Length * LongestEscape) + 2);
        span[0] = (byte)'"';
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(utf8, span[1..], out _, out var written);
        span[written + 1] = (byte)'"';
        to.Advance(written + 2);
    }

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, to.GetSpan(20), out var written);
        to.Advance(written);
    }

    public void Bool(bool value) => Raw(value ? "true"u8 : "false"u8);

    /// <summary>As IoT Hub writes it: seven digits and Z; never is <c>0001-01-01T00:00:00</c>.</summary>
    public void Time(DateTimeOffset? time)
    {
        if (time is not { } known)
        {
            Raw("\"0001-01-01T00:00:00\""u8);
            return;
        }

        var span = to.GetSpan(40);
        span[0] = (byte)'"';
        Utf8Formatter.TryFormat(known.UtcDateTime, span[1..], out var written, 'O');
        span[written + 1] = (byte)'"';
        to.Advance(written + 2);
    }
}
