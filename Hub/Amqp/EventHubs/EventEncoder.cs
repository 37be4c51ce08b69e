using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Muster.Telemetry;

namespace Muster.EventHubs;

/// <summary>
/// Encodes events as IoT Hub's built-in endpoint sends them: message annotations, properties, application properties, one data section. The bytes
/// begin with the annotations, so that delivery annotations can stand before them.
/// </summary>
internal static class EventEncoder
{
    private const byte DeliveryAnnotations = 0x71;
    private const byte MessageAnnotations = 0x72;
    private const byte Properties = 0x73;
    private const byte ApplicationProperties = 0x74;
    private const byte Data = 0x75;
    private const int FewProperties = 16;

    // In the order of the properties section (part 3, section 3.2.4); null where an event never has the field.
    private static readonly ImmutableArray<string?> PropertyFields =
        ["message-id", "user-id", "to", null, null, "correlation-id", "content-type", "content-encoding", "absolute-expiry-time"];

    internal static void Write(ArrayBufferWriter<byte> to, StoredEvent stored)
    {
        var writer = new AmqpWriter(to);
        WriteAnnotations(writer, stored);
        WriteProperties(writer, stored.SystemProperties);
        WriteApplicationProperties(writer, stored.Properties);
        writer.Section(Data);
        writer.Binary(stored.Body.Span);
    }

    /// <summary>The section that tells a receiver how far its partition has come.</summary>
    internal static void WriteRuntimeInfo(ArrayBufferWriter<byte> to, PartitionStatus partition, DateTimeOffset now)
    {
        var writer = new AmqpWriter(to);
        writer.Section(DeliveryAnnotations);
        var map = writer.BeginMap();
        writer.Symbol("last_enqueued_sequence_number"u8);
        writer.Long(partition.NextOffset - 1);
        writer.Symbol("last_enqueued_offset"u8);
        writer.Digits(partition.NextOffset - 1);
        writer.Symbol("last_enqueued_time_utc"u8);
        writer.Timestamp(partition.LastEnqueuedAt ?? DateTimeOffset.UnixEpoch);
        writer.Symbol("runtime_info_retrieval_time_utc"u8);
        writer.Timestamp(now);
        writer.End(map, 8);
    }

    private static void WriteAnnotations(in AmqpWriter writer, StoredEvent stored)
    {
        writer.Section(MessageAnnotations);
        var map = writer.BeginMap();
        writer.Symbol("x-opt-sequence-number"u8);
        writer.Long(stored.Offset);
        writer.Symbol("x-opt-offset"u8);
        writer.Digits(stored.Offset);
        writer.Symbol("x-opt-enqueued-time"u8);
        writer.Timestamp(stored.EnqueuedAt);
        writer.Symbol("x-opt-partition-key"u8);
        writer.String(stored.DeviceId);
        var count = 4;
        var system = stored.SystemProperties;
        var last = LastOf(system);
        for (var i = 0; i < system.Length; i++)
        {
            var (name, value) = system[i];
            if (value is null || PropertyFields.Contains(name) || ComesAgain(system, i, last))
            {
                continue;
            }

            writer.Symbol(name);
            if (name == EventRecord.EnqueuedTime && Last(system, EventRecord.UpstreamSequence) is not null)
            {
                WriteTime(writer, value);
            }
            else if (name == EventRecord.EnqueuedTime)
            {
                writer.Timestamp(stored.EnqueuedAt);
            }
            else
            {
                writer.String(value);
            }

            count++;
        }

        writer.End(map, 2 * count);
    }

    private static void WriteProperties(in AmqpWriter writer, ImmutableArray<EventProperty> system)
    {
        var fields = PropertyFields.Length;
        while (fields > 0 && Last(system, PropertyFields[fields - 1]) is null)
        {
            fields--;
        }

        if (fields == 0)
        {
            return;
        }

        writer.Section(Properties);
        var list = writer.BeginList();
        foreach (var field in PropertyFields.AsSpan()[..fields])
        {
            WriteField(writer, field, Last(system, field));
        }

        writer.End(list, fields);
    }

    private static void WriteField(in AmqpWriter writer, string? field, string? value)
    {
        switch (field)
        {
            case { } when value is null:
            case null:
                writer.Null();
                break;
            case "user-id":
                writer.Binary(value);
                break;
            case "content-type" or "content-encoding":
                writer.Symbol(value);
                break;
            case "absolute-expiry-time":
                WriteTime(writer, value);
                break;
            default:
                writer.String(value);
                break;
        }
    }

    private static void WriteTime(in AmqpWriter writer, string value)
    {
        if (DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            writer.Timestamp(time);
        }
        else
        {
            writer.Null();
        }
    }

    private static void WriteApplicationProperties(in AmqpWriter writer, ImmutableArray<EventProperty> properties)
    {
        if (properties.IsEmpty)
        {
            return;
        }

        writer.Section(ApplicationProperties);
        var map = writer.BeginMap();
        var count = 0;
        var last = LastOf(properties);
        for (var i = 0; i < properties.Length; i++)
        {
            if (ComesAgain(properties, i, last))
            {
                continue;
            }

            writer.String(properties[i].Name);
            if (properties[i].Value is { } value)
            {
                writer.String(value);
            }
            else
            {
                writer.Null();
            }

            count++;
        }

        writer.End(map, 2 * count);
    }

    // A map has each key once: what a device gives twice has its last value.
    private static bool ComesAgain(ImmutableArray<EventProperty> properties, int index, Dictionary<string, int>? last)
    {
        if (last is not null)
        {
            return last[properties[index].Name] != index;
        }

        for (var i = index + 1; i < properties.Length; i++)
        {
            if (properties[i].Name == properties[index].Name)
            {
                return true;
            }
        }

        return false;
    }

    // Where each name is last, for properties so many that looking for it from each of them would take long; null for few.
    private static Dictionary<string, int>? LastOf(ImmutableArray<EventProperty> properties)
    {
        if (properties.Length <= FewProperties)
        {
            return null;
        }

        var last = new Dictionary<string, int>(properties.Length, StringComparer.Ordinal);
        for (var i = 0; i < properties.Length; i++)
        {
            last[properties[i].Name] = i;
        }

        return last;
    }

    private static string? Last(ImmutableArray<EventProperty> system, string? name)
    {
        for (var i = system.Length - 1; name is not null && i >= 0; i--)
        {
            if (system[i].Name == name)
            {
                return system[i].Value;
            }
        }

        return null;
    }
}
