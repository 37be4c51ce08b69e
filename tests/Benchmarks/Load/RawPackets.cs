using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Muster.Benchmarks.Load;

/// <summary>MQTT packets as bytes, made before the clock starts.</summary>
internal static class RawPackets
{
    /// <summary>Every benchmark device has this key: what is measured is not key management.</summary>
    internal static readonly byte[] DeviceKey = SHA256.HashData("muster benchmark device key"u8);

    internal static byte[] Connect(string clientId, string? userName, string? password)
    {
        var body = new List<byte>();
        Text(body, "MQTT");
        body.Add(4);
        body.Add((byte)(2 | (userName is null ? 0 : 0x80) | (password is null ? 0 : 0x40)));
        body.AddRange([0, 0]);
        Text(body, clientId);
        if (userName is not null) { Text(body, userName); }
        if (password is not null) { Text(body, password); }
        return Packet(0x10, body);
    }

    internal static byte[] Subscribe(string filter, byte qos = 0)
    {
        var body = new List<byte> { 0, 1 };
        Text(body, filter);
        body.Add(qos);
        return Packet(0x82, body);
    }

    /// <summary>QoS 1 with packet id 1 if it is to be acknowledged, and another id is put in at <see cref="PacketIdAt"/>; else QoS 0.</summary>
    internal static byte[] Publish(string topic, ReadOnlySpan<byte> payload, bool acknowledged)
    {
        var body = new List<byte>();
        Text(body, topic);
        if (acknowledged) { body.AddRange([0, 1]); }
        body.AddRange(payload.ToArray());
        return Packet(acknowledged ? (byte)0x32 : (byte)0x30, body);
    }

    internal static int PacketIdAt(ReadOnlySpan<byte> publish)
    {
        var header = HeaderLength(publish);
        return header + 2 + BinaryPrimitives.ReadUInt16BigEndian(publish[header..]);
    }

    internal static (string User, string Password) Credentials(string host, string deviceId, DateTimeOffset expires) =>
        ($"{host}/{deviceId}/?api-version=2021-04-12", Token($"{host}/devices/{deviceId}", DeviceKey, expires));

    internal static string Token(string scope, byte[] key, DateTimeOffset expires)
    {
        var resource = Uri.EscapeDataString(scope);
        var expiry = expires.ToUnixTimeSeconds();
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{resource}\n{expiry}")));
        return $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(signature)}&se={expiry}";
    }

    /// <summary>The length of the packet that <paramref name="bytes"/> begin with; 0 if its header is not whole.</summary>
    internal static int PacketLength(ReadOnlySpan<byte> bytes)
    {
        var (value, shift) = (0, 0);
        for (var i = 1; i < bytes.Length && i <= 4; i++, shift += 7)
        {
            value |= (bytes[i] & 0x7F) << shift;
            if ((bytes[i] & 0x80) == 0) { return 1 + i + value; }
        }

        return 0;
    }

    internal static int HeaderLength(ReadOnlySpan<byte> packet)
    {
        var at = 1;
        while ((packet[at] & 0x80) != 0) { at++; }
        return at + 1;
    }

    private static byte[] Packet(byte type, List<byte> body)
    {
        var packet = new List<byte> { type };
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
