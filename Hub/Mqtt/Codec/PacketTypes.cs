namespace Muster.Mqtt;

/// <summary>MQTT 3.1.1, table 2.1. Zero and fifteen are reserved.</summary>
internal enum PacketType : byte
{
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,
}

/// <summary>MQTT 3.1.1, table 3.1.</summary>
internal enum ConnectReturnCode : byte
{
    Accepted = 0,
    UnacceptableProtocolLevel = 1,
    IdentifierRejected = 2,
    ServerUnavailable = 3,
    BadUserNameOrPassword = 4,
    NotAuthorized = 5,
}

/// <summary>What one attempt to read a packet came to.</summary>
internal enum ReadStatus
{
    /// <summary>The packet is not whole yet.</summary>
    NeedMore = 0,

    Frame = 1,

    /// <summary>No later byte can make a packet of it: close.</summary>
    Malformed = 2,
}

/// <summary>Why a connection's bytes were not accepted.</summary>
internal enum MqttFault
{
    None = 0,
    ReservedPacketType,
    ReservedFlags,
    RemainingLengthTooLong,
    PacketTooLarge,
    WrongLength,
    Truncated,
    TrailingBytes,
    InvalidUtf8,
    ProtocolName,
    ConnectFlags,
    PacketIdentifierZero,
    QosThree,
    NoTopicFilters,
    RequestedQos,
    EmptyTopic,
    WildcardInTopic,
    TopicTooLong,
    ConnectExpected,
    SecondConnect,
    UnexpectedPacket,
    QosTwo,
    ForeignTopic,
    PropertyEncoding,
    PropertiesTooLarge,
    MessageTooLarge,
    WillTopic,
}

/// <summary>The longest packets that are taken in. A longer one is refused by its header, before any of it is buffered.</summary>
internal static class PacketLimits
{
    /// <summary>Payload and properties of one message, in bytes (IoT Hub: 256 KiB).</summary>
    public const int MaxMessageBytes = 256 * 1024;

    /// <summary>Names and values of a message's properties, decoded, in bytes (IoT Hub: 8 KB).</summary>
    public const int MaxPropertyBytes = 8 * 1024;

    /// <summary>Percent-encoding may triple 8 KB of properties and two ids of 128 characters.</summary>
    public const int MaxTopicBytes = (3 * MaxPropertyBytes) + 1024;

    private const int MaxConnectBytes = 72 * 1024;
    private const int MaxSubscribeBytes = 16 * 1024;

    public static int MaxRemainingLength(PacketType type) => type switch
    {
        PacketType.Publish => MaxMessageBytes + MaxTopicBytes + 4,
        PacketType.Connect => MaxConnectBytes,
        PacketType.Subscribe or PacketType.Unsubscribe => MaxSubscribeBytes,
        _ => 2,
    };
}
