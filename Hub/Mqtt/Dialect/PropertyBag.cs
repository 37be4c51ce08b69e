using System.Buffers;
using Muster.Telemetry;

namespace Muster.Mqtt;

/// <summary>What the hub itself says of a message.</summary>
[Flags]
internal enum MessageMarks
{
    None = 0,

    /// <summary>The retain flag was set: nothing is retained, but the reader learns of it (<c>mqtt-retain=true</c>).</summary>
    Retain = 1,

    /// <summary>A will that was sent because the connection broke (<c>iothub-MessageType=Will</c>).</summary>
    Will = 2,
}

/// <summary>
/// The properties in a telemetry topic (IoT Hub: <c>devices/{id}/messages/events/{bag}</c>): <c>name=value</c> joined by <c>&amp;</c>, both
/// percent-encoded; a bare name is null. Names that begin with <c>$.</c> are system properties.
/// </summary>
internal static class PropertyBag
{
    private const int StackBytes = 512;

    /// <summary>Writes the bag's properties into an event record.</summary>
    /// <param name="bag">The topic behind <c>events/</c>.</param>
    /// <param name="marks">What the hub adds.</param>
    /// <param name="writer">A record that has just begun; on a fault it is to be thrown away.</param>
    /// <param name="bytes">Size of names and values, decoded.</param>
    public static MqttFault Write(ReadOnlySpan<byte> bag, MessageMarks marks, ref EventWriter writer, out int bytes)
    {
        bytes = 0;
        // Node's module outputs end in an extra slash.
        bag = bag is [.., (byte)'/'] ? bag[..^1] : bag;
        if (bag.Length > PacketLimits.MaxTopicBytes)
        {
            return MqttFault.PropertiesTooLarge;
        }

        if (bag.IsEmpty)
        {
            WriteMarks(marks, ref writer);
            return MqttFault.None;
        }

        var rented = bag.Length > StackBytes ? ArrayPool<byte>.Shared.Rent(bag.Length) : null;
        try
        {
            Span<byte> scratch = rented ?? stackalloc byte[StackBytes];
            var fault = WriteAll(bag, scratch, system: true, ref writer, out bytes);
            if (fault == MqttFault.None && bytes > PacketLimits.MaxPropertyBytes)
            {
                fault = MqttFault.PropertiesTooLarge;
            }

            if (fault == MqttFault.None)
            {
                WriteMarks(marks, ref writer);
                WriteAll(bag, scratch, system: false, ref writer, out _);
            }

            return fault;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private static void WriteMarks(MessageMarks marks, ref EventWriter writer)
    {
        writer.BeginProperties();
        if ((marks & MessageMarks.Retain) != 0)
        {
            writer.Property("mqtt-retain"u8, "true"u8);
        }

        if ((marks & MessageMarks.Will) != 0)
        {
            writer.Property("iothub-MessageType"u8, "Will"u8);
        }
    }

    // A record holds its system properties first, so the bag is walked twice.
    private static MqttFault WriteAll(ReadOnlySpan<byte> bag, scoped Span<byte> scratch, bool system, ref EventWriter writer, out int bytes)
    {
        bytes = 0;
        while (!bag.IsEmpty)
        {
            var end = bag.IndexOf((byte)'&');
            var pair = end < 0 ? bag : bag[..end];
            bag = end < 0 ? default : bag[(end + 1)..];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf((byte)'=');
            var rawName = equals < 0 ? pair : pair[..equals];
            if (!PercentCoding.TryDecode(rawName, scratch, out var name) || name.IsEmpty ||
                !PercentCoding.TryDecode(equals < 0 ? default : pair[(equals + 1)..], scratch[rawName.Length..], out var value))
            {
                return MqttFault.PropertyEncoding;
            }

            bytes += name.Length + value.Length;
            WriteOne(name, value, isNull: equals < 0, system, ref writer);
        }

        return MqttFault.None;
    }

    private static void WriteOne(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, bool isNull, bool system, ref EventWriter writer)
    {
        var systemName = SystemName(name);
        if (system && !systemName.IsEmpty && !isNull)
        {
            writer.SystemProperty(systemName, value);
        }
        else if (!system && systemName.IsEmpty)
        {
            writer.Property(name.SequenceEqual("$.ctime"u8) ? "iothub-creation-time-utc"u8 : name, value, isNull);
        }
    }

    // $.cdid and $.cmid stay application properties: who sent an event is what the connection proved, not what the message says.
    private static ReadOnlySpan<byte> SystemName(ReadOnlySpan<byte> name)
    {
        if (name is not [(byte)'$', (byte)'.', .. var key])
        {
            return default;
        }

        return key switch
        {
            _ when key.SequenceEqual("mid"u8) => "message-id"u8,
            _ when key.SequenceEqual("cid"u8) => "correlation-id"u8,
            _ when key.SequenceEqual("uid"u8) => "user-id"u8,
            _ when key.SequenceEqual("to"u8) => "to"u8,
            _ when key.SequenceEqual("ct"u8) => "content-type"u8,
            _ when key.SequenceEqual("ce"u8) => "content-encoding"u8,
            _ when key.SequenceEqual("exp"u8) => "absolute-expiry-time"u8,
            _ when key.SequenceEqual("ifid"u8) => "iothub-interface-id"u8,
            _ when key.SequenceEqual("sub"u8) => "dt-subject"u8,
            _ when key.SequenceEqual("on"u8) => "iothub-outputname"u8,
            _ => default,
        };
    }
}
