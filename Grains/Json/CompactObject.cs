using System.Runtime.CompilerServices;

namespace Muster.Json;

/// <summary>
/// Walks the members of a JSON object that we wrote ourselves: compact, well-formed, keys unescaped where they can be. Text from outside
/// never gets here unchecked.
/// </summary>
internal ref struct CompactObject
{
    private readonly ReadOnlySpan<byte> json;
    private int at;

    public CompactObject(ReadOnlySpan<byte> json)
    {
        this.json = json;
        at = 1;
    }

    /// <summary>As it stands in the text, without its quotes.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public readonly bool IsObject => Value[0] == (byte)'{';

    public readonly bool IsNull => Value[0] == (byte)'n';

    public bool MoveNext()
    {
        if (json[at] == (byte)'}')
        {
            return false;
        }

        at += json[at] == (byte)',' ? 2 : 1;
        var length = StringLength(json[at..]);
        Key = json.Slice(at, length);
        at += length + 2;
        length = ValueLength(json[at..]);
        Value = json.Slice(at, length);
        at += length;
        return true;
    }

    /// <summary>How many members the object and the objects in it have; those inside arrays do not count.</summary>
    public static int CountDeep(ReadOnlySpan<byte> value)
    {
        if (value[0] != (byte)'{')
        {
            return 0;
        }

        var count = 0;
        for (var members = new CompactObject(value); members.MoveNext();)
        {
            count += 1 + CountDeep(members.Value);
        }

        return count;
    }

    /// <summary>Bytes up to the closing quote; <paramref name="text"/> starts behind the opening one.</summary>
    internal static int StringLength(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (true)
        {
            at += text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (text[at] == (byte)'"')
            {
                return at;
            }

            at += 2;
        }
    }

    /// <summary>Bytes of the value that <paramref name="text"/> starts with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ValueLength(ReadOnlySpan<byte> text)
    {
        switch (text[0])
        {
            case (byte)'"':
                return StringLength(text[1..]) + 2;
            case (byte)'{' or (byte)'[':
                return ContainerLength(text);
            default:
                var end = text.IndexOfAny((byte)',', (byte)'}', (byte)']');
                return end < 0 ? text.Length : end;
        }
    }

    private static int ContainerLength(ReadOnlySpan<byte> text)
    {
        var depth = 1;
        var at = 1;
        while (depth > 0)
        {
            at += text[at..].IndexOfAny("\"{}[]"u8);
            switch (text[at++])
            {
                case (byte)'"':
                    at += StringLength(text[at..]) + 1;
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    depth--;
                    break;
            }
        }

        return at;
    }
}
