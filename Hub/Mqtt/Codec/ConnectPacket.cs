using System.Buffers;
using System.Text;

namespace Muster.Mqtt;

/// <summary>The message that is to be sent in the device's name if its connection breaks.</summary>
internal sealed record WillMessage(byte[] Topic, byte[] Payload, int Qos, bool Retain);

/// <summary>A CONNECT (MQTT 3.1.1 section 3.1).</summary>
internal sealed class ConnectPacket
{
    private const byte Level311 = 4;

    /// <summary>False: another version of MQTT, whose rest was not read.</summary>
    public bool IsSupported { get; private init; }

    public string ClientId { get; private init; } = "";

    public bool CleanSession { get; private init; }

    public ushort KeepAliveSeconds { get; private init; }

    public string? UserName { get; private init; }

    /// <summary>Text, as SAS tokens are; null if there is none.</summary>
    public string? Password { get; private init; }

    public WillMessage? Will { get; private init; }

    public static MqttFault TryParse(in MqttFrame frame, out ConnectPacket? packet)
    {
        packet = null;
        var bytes = frame.Body.IsSingleSegment ? frame.Body.FirstSpan : frame.Body.ToArray();
        if (!MqttText.TryTakeField(ref bytes, out var name) || !MqttText.TryTakeByte(ref bytes, out var level))
        {
            return MqttFault.Truncated;
        }

        var isMqtt = name.SequenceEqual("MQTT"u8);
        if (!isMqtt && !name.SequenceEqual("MQIsdp"u8))
        {
            return MqttFault.ProtocolName;
        }

        if (!isMqtt || level != Level311)
        {
            packet = new ConnectPacket();
            return MqttFault.None;
        }

        return Read(bytes, out packet);
    }

    private static MqttFault Read(ReadOnlySpan<byte> bytes, out ConnectPacket? packet)
    {
        packet = null;
        if (!MqttText.TryTakeByte(ref bytes, out var flags) || !MqttText.TryTakeUInt16(ref bytes, out var keepAlive))
        {
            return MqttFault.Truncated;
        }

        if (!AreConsistent(flags))
        {
            return MqttFault.ConnectFlags;
        }

        ReadOnlySpan<byte> topic = default, payload = default, userName = default, password = default;
        if (!MqttText.TryTakeField(ref bytes, out var clientId) ||
            (Has(flags, 0x04) && !(MqttText.TryTakeField(ref bytes, out topic) && MqttText.TryTakeField(ref bytes, out payload))) ||
            (Has(flags, 0x80) && !MqttText.TryTakeField(ref bytes, out userName)) ||
            (Has(flags, 0x40) && !MqttText.TryTakeField(ref bytes, out password)))
        {
            return MqttFault.Truncated;
        }

        if (!bytes.IsEmpty)
        {
            return MqttFault.TrailingBytes;
        }

        if (!MqttText.IsValid(clientId) || !MqttText.IsValid(userName) || !MqttText.IsValid(topic))
        {
            return MqttFault.InvalidUtf8;
        }

        packet = new ConnectPacket
        {
            IsSupported = true,
            ClientId = Encoding.UTF8.GetString(clientId),
            CleanSession = Has(flags, 0x02),
            KeepAliveSeconds = keepAlive,
            UserName = Has(flags, 0x80) ? Encoding.UTF8.GetString(userName) : null,
            Password = Has(flags, 0x40) ? Encoding.UTF8.GetString(password) : null,
            Will = Has(flags, 0x04) ? new WillMessage(topic.ToArray(), payload.ToArray(), (flags >> 3) & 3, Has(flags, 0x20)) : null,
        };
        return MqttFault.None;
    }

    // [MQTT-3.1.2-3], -11 to -15, -22: reserved bit, will bits without a will, QoS 3, a password without a user name.
    private static bool AreConsistent(byte flags) =>
        !Has(flags, 0x01) &&
        (Has(flags, 0x04) ? (flags & 0x18) != 0x18 : (flags & 0x38) == 0) &&
        (Has(flags, 0x80) || !Has(flags, 0x40));

    private static bool Has(byte flags, byte bit) => (flags & bit) != 0;
}
