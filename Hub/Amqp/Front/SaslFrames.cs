using System.Buffers.Binary;
using Amqp;
using Amqp.Sasl;
using Amqp.Types;

namespace Muster.Amqp;

/// <summary>The few frames of SASL (AMQP 1.0 section 5.3), made and read by the library's own types.</summary>
internal static class SaslFrames
{
    public const int MinFrame = 12;
    public const int MaxFrame = 4096;
    private const int FrameHeader = 8;
    private const byte SaslType = 1;

    /// <summary>The header of a connection that speaks SASL first.</summary>
    public static ReadOnlySpan<byte> SaslHeader => "AMQP\u0003\u0001\u0000\u0000"u8;

    /// <summary>The header of AMQP itself.</summary>
    public static ReadOnlySpan<byte> AmqpHeader => "AMQP\u0000\u0001\u0000\u0000"u8;

    public static byte[] Mechanisms() => Frame(new SaslMechanisms
    {
        SaslServerMechanisms = [.. SaslNames.All.Select(static name => new Symbol(name))],
    });

    public static byte[] Outcome(bool isOk) => Frame(new SaslOutcome { Code = isOk ? SaslCode.Ok : SaslCode.Auth });

    /// <summary>The size that a frame says it has; null if no SASL frame has that size.</summary>
    public static int? SizeOf(ReadOnlySpan<byte> first)
    {
        var size = BinaryPrimitives.ReadUInt32BigEndian(first);
        return size is >= MinFrame and <= MaxFrame ? (int)size : null;
    }

    /// <summary>Null: this is no init.</summary>
    public static SaslInit? ReadInit(byte[] frame)
    {
        var offset = frame[4] * 4;
        if (frame[5] != SaslType || offset < FrameHeader || offset >= frame.Length)
        {
            return null;
        }

        try
        {
            var body = new ByteBuffer(frame, offset, frame.Length - offset, frame.Length - offset);
            return Encoder.ReadDescribed(body, Encoder.ReadFormatCode(body)) as SaslInit;
        }
        catch (Exception e) when (e is AmqpException or InvalidOperationException or InvalidCastException or ArgumentException or FormatException
            or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }
    }

    private static byte[] Frame(DescribedList body)
    {
        var buffer = new ByteBuffer(256, autoGrow: true);
        body.Encode(buffer);
        var frame = new byte[FrameHeader + buffer.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        (frame[4], frame[5]) = (2, SaslType);
        buffer.Buffer.AsSpan(buffer.Offset, buffer.Length).CopyTo(frame.AsSpan(FrameHeader));
        return frame;
    }
}

/// <summary>The mechanisms that are offered.</summary>
internal static class SaslNames
{
    public const string Plain = "PLAIN";
    public const string Anonymous = "ANONYMOUS";
    public const string External = "EXTERNAL";
    public const string Mssbcbs = "MSSBCBS";

    public static IReadOnlyList<string> All { get; } = [Plain, Anonymous, External, Mssbcbs];
}
