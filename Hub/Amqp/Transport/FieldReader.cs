using System.Buffers.Binary;
using Amqp;

namespace Muster.Amqp;

/// <summary>Reads the first, primitive fields of a performative, and finds where it ends, without making an object.</summary>
internal ref struct FieldReader
{
    private readonly ReadOnlySpan<byte> fields;
    private int position;
    private int left;

    private FieldReader(ReadOnlySpan<byte> fields, int count, int end)
    {
        this.fields = fields;
        left = Count = count;
        End = end;
    }

    /// <summary>How many fields the list says that it has.</summary>
    public int Count { get; }

    /// <summary>Where the performative ends in the body: what follows is payload.</summary>
    public int End { get; }

    /// <summary>A performative's code, if it has the form that every peer sends: a small ulong behind the descriptor's mark. 0: another form.</summary>
    public static byte Code(ReadOnlySpan<byte> body) => body is [0x00, 0x53, var code, ..] ? code : (byte)0;

    /// <exception cref="AmqpException">The body is no described list, or lies about its size.</exception>
    public static FieldReader Open(ReadOnlySpan<byte> body)
    {
        var list = body.Length > 3 ? body[3..] : throw Malformed();
        var (header, size, count) = list switch
        {
            [0x45, ..] => (1, 0, 0),
            [0xc0, var s, var c, ..] => (3, s - 1, c),
            [0xd0, ..] when list.Length >= 9 => (9, ReadSize(list[1..]) - 4, ReadSize(list[5..])),
            _ => throw Malformed(),
        };
        if (size < 0 || size > list.Length - header || count < 0)
        {
            throw Malformed();
        }

        return new(list.Slice(header, size), count, 3 + header + size);
    }

    /// <summary>The next field, null if it is absent.</summary>
    public uint? ReadUInt() => Next() switch
    {
        0x40 or null => null,
        0x43 => 0,
        0x52 => Take(1)[0],
        0x70 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        _ => throw Malformed(),
    };

    /// <summary>The next field; false if it is absent.</summary>
    public bool ReadBool() => Next() switch
    {
        0x40 or 0x42 or null => false,
        0x41 => true,
        0x56 => Take(1)[0] != 0,
        _ => throw Malformed(),
    };

    /// <summary>Passes over the next field, which is binary.</summary>
    public void SkipBinary()
    {
        switch (Next())
        {
            case 0x40 or null:
                break;
            case 0xa0:
                Take(Take(1)[0]);
                break;
            case 0xb0:
                Take(ReadSize(Take(4)));
                break;
            default:
                throw Malformed();
        }
    }

    /// <summary>Passes over the rest, whose fields are of simple types. False: they do not end where the list does.</summary>
    public bool IsAtEnd()
    {
        while (Next() is { } code)
        {
            // The upper half of a type's code tells how wide its values are.
            switch (code >> 4)
            {
                case 0x4:
                    break;
                case >= 0x5 and <= 0x9:
                    Take(1 << ((code >> 4) - 5));
                    break;
                case 0xa:
                    Take(Take(1)[0]);
                    break;
                case 0xb:
                    Take(ReadSize(Take(4)));
                    break;
                default:
                    throw Malformed();
            }
        }

        return position == fields.Length;
    }

    private static int ReadSize(ReadOnlySpan<byte> bytes)
    {
        var size = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return size <= AmqpLimits.MaxFrameSize ? (int)size : throw Malformed();
    }

    private byte? Next()
    {
        if (left == 0)
        {
            return null;
        }

        left--;
        return Take(1)[0];
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > fields.Length - position)
        {
            throw Malformed();
        }

        position += count;
        return fields.Slice(position - count, count);
    }

    private static AmqpException Malformed() => new(LinkConditions.DecodeError, "The frame's performative cannot be read.");
}
