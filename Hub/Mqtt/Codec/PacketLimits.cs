namespace Muster.Mqtt;

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
