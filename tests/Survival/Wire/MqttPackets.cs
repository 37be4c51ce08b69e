using System.Buffers.Binary;
using System.Text;

namespace Muster.Survival;

/// <summary>MQTT 3.1.1 packets, as a light device makes and reads them.</summary>
internal static class MqttPackets
{
    internal static readonly byte[] Ping = [0xC0, 0];

    internal static byte[] Connect(string clientId, string userName, string password, ushort keepAliveSeconds)
    {
        var body = new List<byte>();
        Text(body, "MQTT");
        // Level 4; user name and password, clean=false: IoT Hub's SDKs keep their session.
        body.AddRange([4, 0xC0, (byte)(keepAliveSeconds >> 8), (byte)keepAliveSeconds]);
        Text(body, clientId);
        Text(body, userName);
        Text(body, password);
        return Packet(0x10, body);
    }

    internal static byte[] Subscribe(ushort packetId, params ReadOnlySpan<string> filters)
    {
        var body = new List<byte> { (byte)(packetId >> 8), (byte)packetId };
        foreach (var filter in filters)
        {
            Text(body, filter);
            body.Add(0);
        }

        return Packet(0x82, body);
    }

    /// <param name="packetId">0 for QoS 0.</param>
    internal static byte[] Publish(string topic, ReadOnlySpan<byte> payload, ushort packetId, bool again = false)
    {
        var body = new List<byte>(topic.Length + payload.Length + 4);
        Text(body, topic);
        if (packetId != 0)
        {
            body.AddRange([(byte)(packetId >> 8), (byte)packetId]);
        }

        body.AddRange(payload);
        return Packet((byte)(0x30 | (packetId != 0 ? 2 : 0) | (again ? 8 : 0)), body);
    }

    /// <summary>Header and whole length of the packet that the bytes begin with; null if its header is not whole.</summary>
    internal static (int Header, int Length)? Measure(ReadOnlySpan<byte> bytes)
    {
        var (value, shift) = (0, 0);
        for (var i = 1; i < bytes.Length && i <= 4; i++, shift += 7)
        {
            value |= (bytes[i] & 0x7F) << shift;
            if ((bytes[i] & 0x80) == 0)
            {
                return (1 + i, 1 + i + value);
            }
        }

        return null;
    }

    /// <summary>Topic and payload of a PUBLISH's body; of QoS 0, since nothing else is subscribed to.</summary>
    internal static string TopicOf(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> payload)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(body);
        payload = body[(2 + length)..];
        return Encoding.UTF8.GetString(body.Slice(2, length));
    }

    private static byte[] Packet(byte type, List<byte> body)
    {
        var packet = new List<byte>(body.Count + 5) { type };
        var length = body.Count;
        do
        {
            packet.Add((byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        packet.AddRange(body);
        return [.. packet];
    }

    private static void Text(List<byte> to, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        to.AddRange([(byte)(utf8.Length >> 8), (byte)utf8.Length]);
        to.AddRange(utf8);
    }
}
