using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>
/// A message as conditions see it. Body and twin are read when a condition first asks for them. Not thread-safe: one message is judged by one
/// runner at a time.
/// </summary>
internal sealed class RouteMessage
{
    internal const string SourceProperty = "iothub-message-source";

    private const string TelemetrySource = "Telemetry";
    private const int MaxBodyDepth = 64;

    private readonly ImmutableArray<EventProperty> properties;
    private readonly ImmutableArray<EventProperty> systemProperties;
    private readonly ReadOnlyMemory<byte> body;
    private readonly JsonElement? twin;
    private JsonElement? readBody;
    private bool hasReadBody;

    /// <param name="twin">The service's twin document; null if there is none, or nobody will ask.</param>
    internal RouteMessage(
        ImmutableArray<EventProperty> properties, ImmutableArray<EventProperty> systemProperties, ReadOnlyMemory<byte> body, JsonElement? twin = null)
    {
        (this.properties, this.systemProperties, this.body, this.twin) = (properties, systemProperties, body, twin);
        Source = RouteSources.Find(Stored(SourceProperty) ?? TelemetrySource);
    }

    /// <summary>Null for a source that this version does not know.</summary>
    internal RouteSource? Source { get; }

    /// <summary>Null where conditions cannot see it: content type, encoding or the JSON itself are not as they must be.</summary>
    internal JsonElement? JsonBody
    {
        get
        {
            if (!hasReadBody)
            {
                (readBody, hasReadBody) = (ReadBody(), true);
            }

            return readBody;
        }
    }

    internal RouteValue Body => JsonBody is { } document ? RouteValue.Of(document) : default;

    internal RouteValue Twin => twin is { } document ? RouteValue.Of(document) : default;

    internal static RouteMessage Of(StoredEvent stored, JsonElement? twin = null) => new(stored.Properties, stored.SystemProperties, stored.Body, twin);

    /// <summary>Null where the device gave the name alone. The last one counts, if names differ in nothing but case.</summary>
    internal RouteValue Property(string name)
    {
        for (var i = properties.Length - 1; i >= 0; i--)
        {
            if (properties[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return properties[i].Value is { } value ? RouteValue.Of(value) : RouteValue.Null;
            }
        }

        return default;
    }

    internal RouteValue SystemProperty(string name) =>
        name == SourceProperty && Source is { } source ? RouteValue.Of(RouteSources.Name(source)) : RouteValue.Of(Stored(name));

    private string? Stored(string name)
    {
        foreach (var property in systemProperties)
        {
            if (property.Name == name)
            {
                return property.Value;
            }
        }

        return null;
    }

    private JsonElement? ReadBody()
    {
        var type = Stored("content-type").AsSpan();
        var media = type[..(type.IndexOf(';') is >= 0 and var end ? end : type.Length)].Trim();
        if (!media.Equals("application/json", StringComparison.OrdinalIgnoreCase) || Utf8(Stored("content-encoding")) is not { } json)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxBodyDepth });
            var value = JsonElement.ParseValue(ref reader);
            return reader.Read() ? null : value;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Null where the encoding is none that IoT Hub reads bodies of.
    private ReadOnlyMemory<byte>? Utf8(string? encoding)
    {
        var bytes = body.Span;
        return encoding?.ToUpperInvariant() switch
        {
            "UTF-8" => body[(bytes.StartsWith(Encoding.UTF8.Preamble) ? 3 : 0)..],
            "UTF-16" => Transcoded(Encoding.Unicode, Encoding.BigEndianUnicode),
            "UTF-32" => Transcoded(Encoding.UTF32, new UTF32Encoding(bigEndian: true, byteOrderMark: true)),
            _ => null,
        };
    }

    // Little-endian unless a mark says otherwise.
    private byte[] Transcoded(Encoding little, Encoding big)
    {
        var encoding = body.Span.StartsWith(big.Preamble) ? big : little;
        var mark = body.Span.StartsWith(encoding.Preamble) ? encoding.Preamble.Length : 0;
        return Encoding.UTF8.GetBytes(encoding.GetString(body.Span[mark..]));
    }
}

/// <summary>Sources by name.</summary>
internal static class RouteSources
{
    private static readonly (RouteSource Source, string Name, string Stored)[] All =
    [
        (RouteSource.DeviceMessages, "deviceMessages", "Telemetry"),
        (RouteSource.TwinChangeEvents, "twinChangeEvents", "twinChangeEvents"),
        (RouteSource.DeviceLifecycleEvents, "deviceLifecycleEvents", "deviceLifecycleEvents"),
        (RouteSource.DeviceConnectionStateEvents, "deviceConnectionStateEvents", "deviceConnectionStateEvents"),
        (RouteSource.DeviceJobLifecycleEvents, "deviceJobLifecycleEvents", "deviceJobLifecycleEvents"),
    ];

    /// <summary>As conditions see it.</summary>
    internal static string Name(RouteSource source) => Array.Find(All, entry => entry.Source == source).Name;

    /// <summary>As the log stores it.</summary>
    internal static string Stored(RouteSource source) => Array.Find(All, entry => entry.Source == source).Stored;

    /// <summary>By either name; null if there is no such source.</summary>
    internal static RouteSource? Find(string name) =>
        Array.FindIndex(All, entry => entry.Stored.Equals(name, StringComparison.OrdinalIgnoreCase) || entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            is >= 0 and var index ? All[index].Source : null;
}
