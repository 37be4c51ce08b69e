using System.Buffers;
using System.Buffers.Binary;

namespace Muster.Mqtt;

/// <summary>A PUBLISH (MQTT 3.1.1 section 3.3). Points into the read buffer: gone when that is given back.</summary>
internal readonly ref struct PublishPacket
{
    // A topic that lies across two segments is joined here; it never outlives the synchronous step that read it.
    [ThreadStatic]
    private static byte[]? joinedTopic;

    /// <summary>Well-formed UTF-8, not empty, no wildcard.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    public ReadOnlySequence<byte> Payload { get; private init; }

    /// <summary>0, 1 or 2.</summary>
    public int Qos { get; private init; }

    /// <summary>Zero with QoS 0, never otherwise.</summary>
    public ushort PacketId { get; private init; }

    public bool Retain { get; private init; }

    public bool Duplicate { get; private init; }

    public static MqttFault TryParse(in MqttFrame frame, out PublishPacket packet)
    {
        packet = default;
        var qos = (frame.Flags >> 1) & 3;
        var body = frame.Body;
        var idBytes = qos == 0 ? 0 : 2;
        if (body.Length < 2)
        {
            return MqttFault.Truncated;
        }

        Span<byte> two = stackalloc byte[2];
        body.Slice(0, 2).CopyTo(two);
        var topicLength = BinaryPrimitives.ReadUInt16BigEndian(two);
        if (body.Length < 2 + topicLength + idBytes)
        {
            return MqttFault.Truncated;
        }

        var topic = Join(body, topicLength);
        var fault = CheckTopic(topic);
        if (fault != MqttFault.None)
        {
            return fault;
        }

        body.Slice(2 + topicLength, idBytes).CopyTo(two);
        var packetId = qos == 0 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(two);
        packet = new PublishPacket
        {
            Topic = topic,
            Payload = body.Slice(2 + topicLength + idBytes),
            Qos = qos,
            PacketId = packetId,
            Retain = (frame.Flags & 1) != 0,
            Duplicate = (frame.Flags & 8) != 0,
        };
        return qos != 0 && packetId == 0 ? MqttFault.PacketIdentifierZero : MqttFault.None;
    }

    private static ReadOnlySpan<byte> Join(ReadOnlySequence<byte> body, int length)
    {
        var first = body.FirstSpan;
        if (first.Length >= 2 + length)
        {
            return first.Slice(2, length);
        }

        if (length > PacketLimits.MaxTopicBytes)
        {
            return body.Slice(2, PacketLimits.MaxTopicBytes + 1).ToArray();
        }

        joinedTopic ??= new byte[PacketLimits.MaxTopicBytes];
        body.Slice(2, length).CopyTo(joinedTopic);
        return joinedTopic.AsSpan(0, length);
    }

    private static MqttFault CheckTopic(ReadOnlySpan<byte> topic) => topic switch
    {
        { Length: 0 } => MqttFault.EmptyTopic,
        { Length: > PacketLimits.MaxTopicBytes } => MqttFault.TopicTooLong,
        _ when !MqttText.IsValid(topic) => MqttFault.InvalidUtf8,
        _ when topic.ContainsAny((byte)'+', (byte)'#') => MqttFault.WildcardInTopic,
        _ => MqttFault.None,
    };
}
