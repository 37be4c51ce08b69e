using System.Text;
using System.Text.Encodings.Web;
using Muster.Json;

namespace Muster.Twins;

/// <summary>Keys and strings, whose limits count what an escape stands for.</summary>
internal ref partial struct TwinReader
{
    private const int LongestEscape = 6; // \uXXXX

    private string? ReadKey(int owner)
    {
        var start = compact.Length;
        compact.Write((byte)'"');
        if (WriteKeyText() is { } problem)
        {
            return problem;
        }

        lastKey = new KeyRange(start + 1, compact.Length - start - 1);
        compact.Write("\":"u8);
        return keys.TryAdd(compact.Written, new KeyTable.Entry(owner, lastKey.At, lastKey.Length))
            ? null
            : $"The key '{ShownKey()}' stands twice in one object of {part.Name}.";
    }

    // An escaped key is rewritten, so that equal keys are equal bytes.
    private string? WriteKeyText()
    {
        var raw = reader.ValueSpan;
        if (raw.Length <= TwinLimits.MaxKeyBytes && TwinLimits.IsPlain(raw))
        {
            compact.Write(raw);
            return null;
        }

        return raw.Length > TwinLimits.MaxKeyBytes * LongestEscape ? TooLong(raw) : WriteUnusualKey(raw);
    }

    private string? WriteUnusualKey(ReadOnlySpan<byte> raw)
    {
        Span<byte> unescaped = stackalloc byte[reader.ValueIsEscaped ? raw.Length : 0];
        if (reader.ValueIsEscaped)
        {
            if (!TryUnescape(unescaped, out var length))
            {
                return $"A key of {part.Name} holds half of a surrogate pair.";
            }

            unescaped = unescaped[..length];
        }

        var key = reader.ValueIsEscaped ? unescaped : raw;
        if (key.Length > TwinLimits.MaxKeyBytes)
        {
            return TooLong(key);
        }

        Span<char> text = stackalloc char[key.Length];
        if (TwinLimits.IsForbidden(text[..Encoding.UTF8.GetChars(key, text)]))
        {
            return $"The key '{TwinLimits.Shown(key)}' of {part.Name} holds a control character, '.', '$' or a space.";
        }

        WriteEscaped(key);
        return null;
    }

    private void WriteEscaped(scoped ReadOnlySpan<byte> key)
    {
        if (!key.ContainsAny((byte)'"', (byte)'\\'))
        {
            compact.Write(key);
            return;
        }

        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(key, compact.Take(key.Length * LongestEscape), out _, out var written);
        compact.TakeBack((key.Length * LongestEscape) - written);
    }

    private string? ReadString()
    {
        var raw = reader.ValueSpan;
        var size = raw.Length;
        if (reader.ValueIsEscaped)
        {
            Span<byte> unescaped = raw.Length <= 1024 ? stackalloc byte[1024] : new byte[raw.Length];
            if (!TryUnescape(unescaped, out size))
            {
                return $"The value of '{ShownKey()}' in {part.Name} holds half of a surrogate pair.";
            }

            if (unescaped[..size].Contains((byte)0))
            {
                return $"The value of '{ShownKey()}' in {part.Name} holds the character U+0000.";
            }
        }

        if (size > TwinLimits.MaxStringBytes)
        {
            return $"The value of '{ShownKey()}' in {part.Name} is {size} bytes; the limit is {TwinLimits.MaxStringBytes} bytes.";
        }

        compact.Write((byte)'"');
        compact.Write(raw);
        compact.Write((byte)'"');
        return null;
    }

    private readonly bool TryUnescape(Span<byte> to, out int length)
    {
        try
        {
            length = reader.CopyString(to);
            return true;
        }
        catch (InvalidOperationException)
        {
            length = 0;
            return false;
        }
    }

    private readonly string TooLong(ReadOnlySpan<byte> key) =>
        $"The key '{TwinLimits.Shown(key)}' of {part.Name} is longer than {TwinLimits.MaxKeyBytes} bytes.";

    private readonly string ShownKey() => TwinLimits.Shown(compact.Written.Slice(lastKey.At, lastKey.Length));

    private readonly record struct KeyRange(int At, int Length);
}
