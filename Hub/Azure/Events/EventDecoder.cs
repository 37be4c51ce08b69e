using System.Collections.Immutable;
using System.Globalization;
using Amqp;
using Amqp.Types;
using Muster.Amqp;
using Muster.Devices;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Events of the built-in endpoint as the log keeps them. Pure.</summary>
internal static class EventDecoder
{
    private static readonly Symbol SequenceNumber = new("x-opt-sequence-number");
    private static readonly Symbol EnqueuedTime = new("x-opt-enqueued-time");
    private static readonly Symbol HubEnqueuedTime = new("iothub-enqueuedtime");
    private static readonly ImmutableArray<string> PlainAnnotations = ["iothub-interface-id", "dt-subject", "iothub-outputname"];

    private static readonly ImmutableArray<string> OriginAnnotations =
        ["iothub-connection-device-id", "iothub-connection-module-id", "iothub-connection-auth-method", "iothub-connection-auth-generation-id"];

    private static readonly Dictionary<string, EventSource> Sources =
        Enum.GetValues<EventSource>().ToDictionary(EventSources.Name, static source => source, StringComparer.OrdinalIgnoreCase);

    /// <summary>Null for an event that means nothing here: of an unknown source, or of nobody.</summary>
    internal static StoredEvent? Decode(Message message, int partition)
    {
        var annotations = message.MessageAnnotations?.Map;
        var source = EventSource.Telemetry;
        if (annotations?[SequenceNumber] is not IConvertible sequence
            || (MessageParts.Annotation(message, "iothub-message-source") is { } name && !Sources.TryGetValue(name, out source))
            || !DeviceKey.TryCreate(
                Origin(message, OriginAnnotations[0], "deviceId"), Origin(message, OriginAnnotations[1], "moduleId"), out var key)
            || !MessageParts.TryBody(message, out var body))
        {
            return null;
        }

        var enqueuedAt = Time(annotations[EnqueuedTime]) ?? Time(annotations[HubEnqueuedTime]) ?? DateTimeOffset.UnixEpoch;
        return new StoredEvent
        {
            Partition = partition,
            Offset = sequence.ToInt64(CultureInfo.InvariantCulture),
            EnqueuedAt = enqueuedAt,
            DeviceId = key.DeviceId,
            ModuleId = key.ModuleId,
            SystemProperties = SystemProperties(message, key, source, Time(annotations[HubEnqueuedTime]) ?? enqueuedAt),
            Properties = Properties(message),
            Body = body.ToArray(),
            Source = source,
        };
    }

    // The hub's own events may name their device among the properties; in telemetry those are the device's words.
    private static string? Origin(Message message, string annotation, string property)
    {
        if (MessageParts.Annotation(message, annotation) is { Length: > 0 } given)
        {
            return given;
        }

        var isTheHubs = MessageParts.Annotation(message, "iothub-message-source") is not null and not "Telemetry";
        return isTheHubs && message.ApplicationProperties?.Map?[property] is string { Length: > 0 } told ? told : null;
    }

    private static DateTimeOffset? Time(object? value) => value is DateTime time ? new DateTimeOffset(time.ToUniversalTime()) : null;

    private static ImmutableArray<EventProperty> SystemProperties(Message message, DeviceKey key, EventSource source, DateTimeOffset enqueuedAt)
    {
        var found = ImmutableArray.CreateBuilder<EventProperty>(12);
        AddProperties(message, found);
        foreach (var name in PlainAnnotations)
        {
            Add(found, name, MessageParts.Annotation(message, name));
        }

        found.Add(new EventProperty(OriginAnnotations[0], key.DeviceId));
        Add(found, OriginAnnotations[1], key.ModuleId);
        Add(found, OriginAnnotations[2], MessageParts.Annotation(message, OriginAnnotations[2]));
        Add(found, OriginAnnotations[3], MessageParts.Annotation(message, OriginAnnotations[3]));
        found.Add(new EventProperty("iothub-enqueuedtime", enqueuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)));
        found.Add(new EventProperty("iothub-message-source", EventSources.Name(source)));
        return found.DrainToImmutable();
    }

    private static void AddProperties(Message message, ImmutableArray<EventProperty>.Builder found)
    {
        if (message.Properties is not { } given)
        {
            return;
        }

        Add(found, "message-id", MessageParts.Id(given.GetMessageId()));
        Add(found, "correlation-id", MessageParts.Id(given.GetCorrelationId()));
        Add(found, "user-id", MessageParts.UserId(given.UserId));
        Add(found, "to", given.To);
        Add(found, "content-type", given.ContentType);
        Add(found, "content-encoding", given.ContentEncoding);
        if (given.AbsoluteExpiryTime is var expiry && expiry != default)
        {
            found.Add(new EventProperty("absolute-expiry-time", MessageParts.Time(expiry)));
        }
    }

    private static void Add(ImmutableArray<EventProperty>.Builder found, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            found.Add(new EventProperty(name, value));
        }
    }

    // What is not simple has no text; the rest of the event is good all the same.
    private static ImmutableArray<EventProperty> Properties(Message message)
    {
        var found = ImmutableArray.CreateBuilder<EventProperty>();
        foreach (var (key, value) in message.ApplicationProperties?.Map ?? [])
        {
            if (key is string { Length: > 0 } name && MessageParts.TryText(value, out var text))
            {
                found.Add(new EventProperty(name, text));
            }
        }

        return found.DrainToImmutable();
    }
}
