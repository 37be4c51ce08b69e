using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Muster.EventHubs;

/// <summary>Writes AMQP 1.0 types (part 1, section 1.6) one behind the other; a map's or list's size is filled in as it ends.</summary>
internal readonly ref struct AmqpWriter(ArrayBufferWriter<byte> to)
{
    private const int CompoundHead = 9;
    private readonly ArrayBufferWriter<byte> to = to;

    /// <summary>The descriptor of a message section (part 3, section 3.2), such as 0x72.</summary>
    internal void Section(byte code)
    {
        var span = to.GetSpan(3);
        (span[0], span[1], span[2]) = (0x00, 0x53, code);
        to.Advance(3);
    }

    /// <summary>Begins a map; what it returns belongs to <see cref="End"/>.</summary>
    internal int BeginMap() => Begin(0xd1);

    /// <summary>Begins a list.</summary>
    internal int BeginList() => Begin(0xd0);

    /// <summary>Ends a map or list of so many elements; a key and its value are two.</summary>
    internal void End(int begun, int elements)
    {
        var head = Written(begun);
        BinaryPrimitives.WriteInt32BigEndian(head[1..], to.WrittenCount - begun - 5);
        BinaryPrimitives.WriteInt32BigEndian(head[5..], elements);
    }

    internal void Null()
    {
        to.GetSpan(1)[0] = 0x40;
        to.Advance(1);
    }

    internal void Long(long value) => Fixed(0x81, value);

    /// <summary>To the millisecond.</summary>
    internal void Timestamp(DateTimeOffset value) => Fixed(0x83, value.ToUnixTimeMilliseconds());

    internal void String(string value) => Text(value, Encoding.UTF8, 0xa1);

    /// <summary>A number as a string.</summary>
    internal void Digits(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        Variable(0xa1, digits[..length]);
    }

    /// <summary>ASCII; other characters become question marks.</summary>
    internal void Symbol(string value) => Text(value, Encoding.ASCII, 0xa3);

    internal void Symbol(ReadOnlySpan<byte> ascii) => Variable(0xa3, ascii);

    internal void Binary(ReadOnlySpan<byte> value) => Variable(0xa0, value);

    /// <summary>The text's UTF-8 as binary.</summary>
    internal void Binary(string value) => Text(value, Encoding.UTF8, 0xa0);

    private int Begin(byte code)
    {
        var begun = to.WrittenCount;
        to.GetSpan(CompoundHead)[0] = code;
        to.Advance(CompoundHead);
        return begun;
    }

    private void Fixed(byte code, long value)
    {
        var span = to.GetSpan(9);
        span[0] = code;
        BinaryPrimitives.WriteInt64BigEndian(span[1..], value);
        to.Advance(9);
    }

    private void Text(string value, Encoding encoding, byte shortCode)
    {
        var length = encoding.GetByteCount(value);
        var head = Head(shortCode, length);
        encoding.GetBytes(value, to.GetSpan(head + length)[head..]);
        to.Advance(head + length);
    }

    private void Variable(byte shortCode, ReadOnlySpan<byte> value)
    {
        var head = Head(shortCode, value.Length);
        value.CopyTo(to.GetSpan(head + value.Length)[head..]);
        to.Advance(head + value.Length);
    }

    // The long form of a variable type has the code of the short one plus 0x10. Written, not yet advanced over.
    private int Head(byte shortCode, int length)
    {
        var span = to.GetSpan(5 + length);
        if (length <= byte.MaxValue)
        {
            (span[0], span[1]) = (shortCode, (byte)length);
            return 2;
        }

        span[0] = (byte)(shortCode + 0x10);
        BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
        return 5;
    }

    private Span<byte> Written(int at)
    {
        MemoryMarshal.TryGetArray(to.WrittenMemory, out var array);
        return array.AsSpan(at);
    }
}
