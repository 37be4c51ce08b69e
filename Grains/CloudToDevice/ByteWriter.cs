using System.Buffers.Binary;
using System.Text;

namespace Muster.CloudToDevice;

/// <summary>Writes the packed records of a device's row: little endian, lengths as variable-length numbers.</summary>
internal ref struct ByteWriter(Span<byte> to)
{
    private readonly Span<byte> to = to;

    public int Length { get; private set; }

    /// <summary>Bytes that <see cref="Text"/> takes.</summary>
    public static int SizeOf(string? text)
    {
        var bytes = text is null ? -1 : Encoding.UTF8.GetByteCount(text);
        return SizeOf(bytes + 1) + Math.Max(bytes, 0);
    }

    public static int SizeOf(int number)
    {
        var size = 1;
        for (; number >= 0x80; number >>= 7)
        {
            size++;
        }

        return size;
    }

    public void Byte(byte value) => to[Length++] = value;

    public void Id(Guid value)
    {
        value.TryWriteBytes(to[Length..]);
        Length += 16;
    }

    public void Number32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to[Length..], value);
        Length += 4;
    }

    public void Number64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to[Length..], value);
        Length += 8;
    }

    /// <summary>Zero or more.</summary>
    public void Count(int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Null is told from empty.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Count(0);
            return;
        }

        Count(Encoding.UTF8.GetByteCount(value) + 1);
        Length += Encoding.UTF8.GetBytes(value, to[Length..]);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(to[Length..]);
        Length += value.Length;
    }
}

/// <summary>The counterpart of <see cref="ByteWriter"/>.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> from)
{
    private ReadOnlySpan<byte> from = from;

    public readonly ReadOnlySpan<byte> Rest => from;

    public byte Byte()
    {
        var value = from[0];
        from = from[1..];
        return value;
    }

    public Guid Id()
    {
        var value = new Guid(from[..16]);
        from = from[16..];
        return value;
    }

    public long Number64()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(from);
        from = from[8..];
        return value;
    }

    public int Count()
    {
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    public string? Text()
    {
        var length = Count() - 1;
        if (length < 0)
        {
            return null;
        }

        var value = Encoding.UTF8.GetString(from[..length]);
        from = from[length..];
        return value;
    }
}
