using System.Buffers.Binary;

namespace Muster.Mqtt;

/// <summary>A packet to send: says its size, then writes itself.</summary>
internal interface IPacket
{
    int Length { get; }

    /// <summary>Writes exactly <see cref="Length"/> bytes.</summary>
    void Write(Span<byte> to);
}

internal readonly struct ConnAckPacket(bool sessionPresent, ConnectReturnCode code) : IPacket
{
    public int Length => 4;

    // [MQTT-3.2.2-4]: a refusal says that no session is present.
    public void Write(Span<byte> to) => (to[0], to[1], to[2], to[3]) =
        (0x20, 2, sessionPresent && code == ConnectReturnCode.Accepted ? (byte)1 : (byte)0, (byte)code);
}

internal readonly struct PingRespPacket : IPacket
{
    public int Length => 2;

    public void Write(Span<byte> to) => (to[0], to[1]) = (0xD0, 0);
}

internal readonly struct UnsubAckPacket(ushort packetId) : IPacket
{
    public int Length => 4;

    public void Write(Span<byte> to)
    {
        (to[0], to[1]) = (0xB0, 2);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], packetId);
    }
}

/// <summary>Several PUBACKs in one piece.</summary>
internal readonly ref struct PubAckPackets(ReadOnlySpan<ushort> packetIds) : IPacket
{
    private readonly ReadOnlySpan<ushort> packetIds = packetIds;

    public int Length => 4 * packetIds.Length;

    public void Write(Span<byte> to)
    {
        foreach (var id in packetIds)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, 0x4002_0000u | id);
            to = to[4..];
        }
    }
}

/// <summary>Return codes: 0 or 1 for the QoS granted, 0x80 for a filter that is refused.</summary>
internal readonly ref struct SubAckPacket(ushort packetId, ReadOnlySpan<byte> returnCodes) : IPacket
{
    private readonly ReadOnlySpan<byte> returnCodes = returnCodes;
    private readonly ushort packetId = packetId;

    public int Length => 1 + MqttWriter.LengthBytes(2 + returnCodes.Length) + 2 + returnCodes.Length;

    public void Write(Span<byte> to)
    {
        to[0] = 0x90;
        var at = 1 + MqttWriter.WriteLength(to[1..], 2 + returnCodes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], packetId);
        returnCodes.CopyTo(to[(at + 2)..]);
    }
}

/// <summary>A PUBLISH: with QoS 1 if it has a packet id, else with QoS 0.</summary>
/// <exception cref="OverflowException">The topic has more bytes than MQTT can say.</exception>
internal readonly ref struct OutgoingPublish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, ushort packetId = 0, bool duplicate = false) : IPacket
{
    private readonly ushort packetId = packetId;
    private readonly bool duplicate = duplicate;
    private readonly ReadOnlySpan<byte> topic = topic;
    private readonly ReadOnlySpan<byte> payload = payload;
    private readonly ushort topicBytes = checked((ushort)topic.Length);

    public int Length => 1 + MqttWriter.LengthBytes(Remaining) + Remaining;

    private int IdBytes => packetId == 0 ? 0 : 2;

    private int Remaining => 2 + topic.Length + IdBytes + payload.Length;

    public void Write(Span<byte> to)
    {
        to[0] = (byte)(0x30 | (packetId == 0 ? 0 : 2) | (packetId != 0 && duplicate ? 8 : 0));
        var at = 1 + MqttWriter.WriteLength(to[1..], Remaining);
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], topicBytes);
        topic.CopyTo(to[(at + 2)..]);
        at += 2 + topic.Length;
        if (packetId != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to[at..], packetId);
        }

        payload.CopyTo(to[(at + IdBytes)..]);
    }
}
