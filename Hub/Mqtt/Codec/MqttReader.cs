using System.Buffers;

namespace Muster.Mqtt;

/// <summary>One whole packet: its fixed header, read, and the bytes behind it, not yet.</summary>
internal readonly struct MqttFrame(PacketType type, byte flags, ReadOnlySequence<byte> body)
{
    public PacketType Type { get; } = type;

    /// <summary>The low four bits of the first byte.</summary>
    public byte Flags { get; } = flags;

    public ReadOnlySequence<byte> Body { get; } = body;
}

/// <summary>Cuts a byte stream into packets (MQTT 3.1.1 section 2.2). Pure, without an allocation; judges the header before the body is there.</summary>
internal static class MqttReader
{
    private const int MaxHeaderBytes = 5;

    /// <summary>Takes the next packet off <paramref name="input"/>, which is left as it is unless there was one.</summary>
    public static ReadStatus TryRead(ref ReadOnlySequence<byte> input, out MqttFrame frame, out MqttFault fault)
    {
        frame = default;
        fault = MqttFault.None;
        var head = input.FirstSpan;
        if (head.Length < MaxHeaderBytes && !input.IsSingleSegment)
        {
            Span<byte> joined = stackalloc byte[MaxHeaderBytes];
            var length = (int)Math.Min(input.Length, MaxHeaderBytes);
            input.Slice(0, length).CopyTo(joined);
            return TryRead(ref input, joined[..length], out frame, out fault);
        }

        return TryRead(ref input, head, out frame, out fault);
    }

    private static ReadStatus TryRead(ref ReadOnlySequence<byte> input, scoped ReadOnlySpan<byte> head, out MqttFrame frame, out MqttFault fault)
    {
        frame = default;
        fault = MqttFault.None;
        if (head.IsEmpty)
        {
            return ReadStatus.NeedMore;
        }

        var type = (PacketType)(head[0] >> 4);
        var flags = (byte)(head[0] & 0x0F);
        fault = CheckFlags(type, flags);
        if (fault != MqttFault.None)
        {
            return ReadStatus.Malformed;
        }

        var status = ReadLength(head[1..], out var remaining, out var lengthBytes);
        if (status != ReadStatus.Frame)
        {
            fault = status == ReadStatus.Malformed ? MqttFault.RemainingLengthTooLong : MqttFault.None;
            return status;
        }

        fault = CheckLength(type, remaining);
        if (fault != MqttFault.None)
        {
            return ReadStatus.Malformed;
        }

        var whole = 1 + lengthBytes + remaining;
        if (input.Length < whole)
        {
            return ReadStatus.NeedMore;
        }

        frame = new MqttFrame(type, flags, input.Slice(1 + lengthBytes, remaining));
        input = input.Slice(whole);
        return ReadStatus.Frame;
    }

    private static ReadStatus ReadLength(ReadOnlySpan<byte> bytes, out int remaining, out int used)
    {
        remaining = 0;
        for (used = 0; used < bytes.Length && used < 4;)
        {
            var b = bytes[used];
            remaining |= (b & 0x7F) << (7 * used);
            used++;
            if (b < 0x80)
            {
                return ReadStatus.Frame;
            }
        }

        return used == 4 ? ReadStatus.Malformed : ReadStatus.NeedMore;
    }

    private static MqttFault CheckFlags(PacketType type, byte flags) => type switch
    {
        0 or (PacketType)15 => MqttFault.ReservedPacketType,
        PacketType.Publish => (flags & 0x06) == 0x06 ? MqttFault.QosThree : MqttFault.None,
        PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe => flags == 2 ? MqttFault.None : MqttFault.ReservedFlags,
        _ => flags == 0 ? MqttFault.None : MqttFault.ReservedFlags,
    };

    private static MqttFault CheckLength(PacketType type, int remaining)
    {
        if (type is PacketType.PingReq or PacketType.PingResp or PacketType.Disconnect)
        {
            return remaining == 0 ? MqttFault.None : MqttFault.WrongLength;
        }

        if (type is PacketType.Connect or PacketType.Publish or PacketType.Subscribe or PacketType.Unsubscribe)
        {
            return remaining <= PacketLimits.MaxRemainingLength(type) ? MqttFault.None : MqttFault.PacketTooLarge;
        }

        return type == PacketType.SubAck || remaining == 2 ? MqttFault.None : MqttFault.WrongLength;
    }
}
