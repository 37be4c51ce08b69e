using System.Buffers;
using System.Globalization;
using System.Text;
using Muster.Json;

namespace Muster.Twins;

/// <summary>
/// IoT Hub's limits of twins. Text from outside passes through <see cref="TwinReader"/> once; behind it all twin JSON is compact, valid and
/// without duplicate keys.
/// </summary>
internal static class TwinLimits
{
    /// <summary>Objects and arrays within one another, the section itself not counted.</summary>
    internal const int MaxDepth = 10;

    internal const int MaxKeyBytes = 1024;

    internal const int MaxStringBytes = 4096;

    internal const long MaxInteger = (1L << 52) - 1;

    internal const long MinInteger = -(1L << 52);

    /// <summary>The longest text that is looked at at all: no section that fits is longer, white space within reason included.</summary>
    internal const int MaxTextBytes = 128 * 1024;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x5e).Select(c => (byte)c).Except(".$\"\\"u8.ToArray())]);

    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        ".$ " + string.Concat(Enumerable.Range(0, 32).Concat(Enumerable.Range(0x7f, 33)).Select(c => (char)c)));

    /// <summary>Checks the size of a section as it would become; everything else about it was checked with the patch.</summary>
    internal static string? CheckSize(ReadOnlySpan<byte> section, TwinPart part)
    {
        // No member counts for more than four times its text, so nearly every twin needs no count.
        if (section.Length <= part.MaxBytes / 4)
        {
            return null;
        }

        // Nulls and empty containers count for nothing, yet take memory: patch by patch, a section of no size would grow without end.
        if (section.Length > MaxTextBytes)
        {
            return $"{part.Name} would be {section.Length} bytes of text; the limit is {MaxTextBytes} bytes.";
        }

        var size = SizeOf(section);
        return size <= part.MaxBytes ? null : $"{part.Name} would be {size} bytes; the limit is {part.MaxBytes} bytes, keys and values counted.";
    }

    /// <summary>True for the text of a key that needs no closer look: printable ASCII, nothing forbidden, nothing escaped.</summary>
    internal static bool IsPlain(ReadOnlySpan<byte> key) => !key.ContainsAnyExcept(Plain);

    /// <summary>As IoT Hub counts: keys and strings by their UTF-8 length, numbers 8, booleans 4, null 0.</summary>
    internal static int SizeOf(ReadOnlySpan<byte> value)
    {
        switch (value[0])
        {
            case (byte)'{':
                var size = 0;
                for (var members = new CompactObject(value); members.MoveNext();)
                {
                    size += TextSize(members.Key) + SizeOf(members.Value);
                }

                return size;
            case (byte)'[':
                return SizeOfItems(value[1..]);
            case (byte)'"':
                return TextSize(value[1..^1]);
            case (byte)'t' or (byte)'f':
                return 4;
            case (byte)'n':
                return 0;
            default:
                return 8;
        }
    }

    internal static bool IsForbidden(ReadOnlySpan<char> key) => key.ContainsAny(Forbidden);

    internal static string Shown(ReadOnlySpan<byte> key)
    {
        var text = Encoding.UTF8.GetString(key);
        return text.Length <= 64 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 61)}...");
    }

    private static int SizeOfItems(ReadOnlySpan<byte> rest)
    {
        var size = 0;
        while (rest[0] != (byte)']')
        {
            var length = CompactObject.ValueLength(rest);
            size += SizeOf(rest[..length]);
            rest = rest[(rest[length] == (byte)',' ? length + 1 : length)..];
        }

        return size;
    }

    // Escapes count for what they stand for: \uXXXX for up to three bytes (half of a pair: two), the short ones for one.
    private static int TextSize(ReadOnlySpan<byte> raw)
    {
        var size = raw.Length;
        for (var at = raw.IndexOf((byte)'\\'); at >= 0;)
        {
            var length = raw[at + 1] == (byte)'u' ? 6 : 2;
            size -= length - (length == 2 ? 1 : Utf8Length(raw.Slice(at + 2, 4)));
            var next = raw[(at + length)..].IndexOf((byte)'\\');
            at = next < 0 ? -1 : at + length + next;
        }

        return size;
    }

    private static int Utf8Length(ReadOnlySpan<byte> hex) =>
        ushort.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture) switch
        {
            < 0x80 => 1,
            < 0x800 => 2,
            >= 0xd800 and < 0xe000 => 2,
            _ => 3,
        };
}
