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
