namespace Muster.Mqtt;

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
