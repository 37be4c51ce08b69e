using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>
/// Events as a webhook gets them: a JSON array of objects with <c>id</c> (partition and offset: the same for each repetition), <c>routes</c>, <c>partition</c>,
/// <c>offset</c>, <c>enqueuedTime</c>, <c>source</c>, <c>deviceId</c>, <c>moduleId</c>, <c>systemProperties</c>, <c>properties</c>, and <c>body</c> where that is
/// JSON by its content type, else <c>bodyBase64</c>.
/// </summary>
internal static class EventJson
{
    internal static ReadOnlyMemory<byte> Write(ReadOnlySpan<RoutedEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartArray();
        foreach (var routed in events)
        {
            Write(json, routed);
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>About how many bytes the event takes.</summary>
    internal static int Size(StoredEvent stored) =>
        512 + (4 * stored.Body.Length / 3) + stored.Properties.Concat(stored.SystemProperties).Sum(static property => 8 + property.Name.Length + (property.Value?.Length ?? 4));

    internal static string Id(StoredEvent stored) => string.Create(CultureInfo.InvariantCulture, $"{stored.Partition}-{stored.Offset}");

    private static void Write(Utf8JsonWriter json, RoutedEvent routed)
    {
        var stored = routed.Event;
        json.WriteStartObject();
        json.WriteString("id", Id(stored));
        json.WriteStartArray("routes");
        foreach (var route in routed.Routes)
        {
            json.WriteStringValue(route);
        }

        json.WriteEndArray();
        json.WriteNumber("partition", stored.Partition);
        json.WriteNumber("offset", stored.Offset);
        json.WriteString("enqueuedTime", stored.EnqueuedAt.UtcDateTime);
        json.WriteString("source", RouteMessage.Of(stored).Source is { } source ? RouteSources.Name(source) : "");
        json.WriteString("deviceId", stored.DeviceId);
        if (stored.ModuleId is not null)
        {
            json.WriteString("moduleId", stored.ModuleId);
        }

        Write(json, "systemProperties", stored.SystemProperties);
        Write(json, "properties", stored.Properties);
        WriteBody(json, stored);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<EventProperty> properties)
    {
        json.WriteStartObject(name);

        // A name that comes twice has its last value.
        foreach (var (key, value) in properties.GroupBy(static property => property.Name, static property => property.Value, StringComparer.Ordinal)
            .Select(static group => (group.Key, group.Last())))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, StoredEvent stored)
    {
        if (RouteMessage.Of(stored).JsonBody is { } body)
        {
            // As the device wrote it, numbers and escapes too.
            json.WritePropertyName("body");
            json.WriteRawValue(JsonMarshal.GetRawUtf8Value(body), skipInputValidation: true);
        }
        else
        {
            json.WriteBase64String("bodyBase64", stored.Body.Span);
        }
    }
}
