using System.Text;

namespace Muster.Wire;

/// <summary>MQTT 3.1.1 packets of a client, byte by byte, right or deliberately wrong. Shares nothing with the hub's codec, which it is to try.</summary>
internal static class MqttPackets
{
    internal static readonly byte[] Ping = [0xC0, 0];

    /// <param name="keepAlive">Seconds.</param>
    internal static byte[] Connect(
        string clientId, string? userName = null, string? password = null, (string Topic, byte[] Payload)? will = null, int keepAlive = 60, bool clean = false)
    {
        var flags = (clean ? 2 : 0) | (will is null ? 0 : 4) | (userName is null ? 0 : 0x80) | (password is null ? 0 : 0x40);
        return Frame(0x10,
        [
            .. Text("MQTT"), 4, (byte)flags, .. UInt16(keepAlive), .. Text(clientId),
            .. will is { } w ? [.. Text(w.Topic), .. Field(w.Payload)] : Array.Empty<byte>(),
            .. userName is null ? [] : Text(userName),
            .. password is null ? [] : Text(password),
        ]);
    }

    /// <param name="id">Left out at QoS 0.</param>
    /// <param name="extraFlags">8 for "again", 1 for "retain".</param>
    internal static byte[] Publish(string topic, ReadOnlySpan<byte> payload, int qos = 0, ushort id = 1, int extraFlags = 0) =>
        Frame(0x30 | (qos << 1) | extraFlags, [.. Text(topic), .. qos == 0 ? [] : UInt16(id), .. payload]);

    internal static byte[] Subscribe(ushort id, params (string Filter, byte Qos)[] filters) =>
        Frame(0x82, [.. UInt16(id), .. filters.SelectMany(f => (byte[])[.. Text(f.Filter), f.Qos])]);

    internal static byte[] Unsubscribe(ushort id, params string[] filters) => Frame(0xA2, [.. UInt16(id), .. filters.SelectMany(Text)]);

    internal static byte[] Frame(int firstByte, params ReadOnlySpan<byte> body) => [(byte)firstByte, .. Length(body.Length), .. body];

    internal static byte[] Text(string text) => Field(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes behind their length.</summary>
    internal static byte[] Field(params ReadOnlySpan<byte> bytes) => [.. UInt16(bytes.Length), .. bytes];

    internal static byte[] UInt16(int value) => [(byte)(value >> 8), (byte)value];

    /// <summary>A remaining length, in as few bytes as hold it.</summary>
    internal static byte[] Length(int remaining)
    {
        var bytes = new List<byte>(4);
        for (; remaining > 0x7F; remaining >>= 7)
        {
            bytes.Add((byte)(0x80 | remaining));
        }

        return [.. bytes, (byte)remaining];
    }
}
