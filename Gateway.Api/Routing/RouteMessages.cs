using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muster.Errors;
using Muster.Gateway;
using Muster.Json;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>What a route is to be.</summary>
internal sealed record RouteRequest : IRequestMessage<RouteRequest>
{
    public static int MaxBytes => 64 * 1024;

    /// <summary>deviceMessages (the default), twinChangeEvents, deviceLifecycleEvents, deviceConnectionStateEvents or deviceJobLifecycleEvents.</summary>
    public string? Source { get; init; }

    /// <summary>In IoT Hub's routing language, at most 8192 characters. Default true: everything of the source.</summary>
    public string? Condition { get; init; }

    /// <summary>The name of the endpoint.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Default true.</summary>
    public bool? Enabled { get; init; }

    public static RouteRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RoutingJson.Default.RouteRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) =>
        string.IsNullOrEmpty(Endpoint) ? new Refusal(HubErrorCode.ArgumentInvalid, "The body must name an endpoint.") : RouteWords.CheckSource(Source);

    internal RouteSpec ToSpec() =>
        new() { Source = RouteWords.Source(Source), Condition = Condition ?? "true", Endpoint = Endpoint!, Enabled = Enabled ?? true };
}

/// <summary>Sources by IoT Hub's names, read without regard to case.</summary>
internal static class RouteWords
{
    private static readonly (RouteSource Source, string Word)[] Sources =
        [.. Enum.GetValues<RouteSource>().Select(static source => (source, JsonNamingPolicy.CamelCase.ConvertName(source.ToString())))];

    internal static Refusal? CheckSource(string? word) =>
        word is null || Array.Exists(Sources, entry => entry.Word.Equals(word, StringComparison.OrdinalIgnoreCase))
            ? null
            : new Refusal(HubErrorCode.ArgumentInvalid, $"source is one of {string.Join(", ", Sources.Select(static entry => entry.Word))}.");

    /// <summary>For a word that was checked; device messages for null.</summary>
    internal static RouteSource Source(string? word) =>
        Array.Find(Sources, entry => entry.Word.Equals(word, StringComparison.OrdinalIgnoreCase)).Source;

    internal static string Word(RouteSource source) => Array.Find(Sources, entry => entry.Source == source).Word;
}

/// <summary>A route as it stands.</summary>
internal sealed record RouteResponse
{
    public required string Name { get; init; }

    public required string Etag { get; init; }

    public required string Source { get; init; }

    public required string Condition { get; init; }

    public required string Endpoint { get; init; }

    public required bool Enabled { get; init; }

    public required DeliveryResponse Status { get; init; }

    internal static RouteResponse From(RouteView view) => new()
    {
        Name = view.Name,
        Etag = view.ETag,
        Source = RouteWords.Word(view.Spec.Source),
        Condition = view.Spec.Condition,
        Endpoint = view.Spec.Endpoint,
        Enabled = view.Spec.Enabled,
        Status = DeliveryResponse.From(view.Status),
    };
}

/// <summary>How delivery goes; counts are since the silos that are up started.</summary>
/// <param name="Lag">Events in the log that the endpoint's consumers have not handled yet; null where nothing consumes.</param>
/// <param name="Delivered">Events that the endpoint took.</param>
/// <param name="DeadLettered">Events that it did not take, kept as dead letters.</param>
/// <param name="Retries">Deliveries to the endpoint that failed.</param>
/// <param name="LastError">Why the last one that failed did; null if none did.</param>
/// <param name="LastErrorTime">UTC; null if none failed.</param>
/// <param name="LastDeliveredTime">UTC; null if nothing was delivered.</param>
/// <param name="Dropped">Events that the log no longer held when the endpoint's consumers came to them, routed or not.</param>
internal sealed record DeliveryResponse(
    long? Lag, long Delivered, long DeadLettered, long Retries, string? LastError, DateTimeOffset? LastErrorTime, DateTimeOffset? LastDeliveredTime,
    long Dropped)
{
    internal static DeliveryResponse From(DeliveryStatus status) =>
        new(status.Lag, status.Delivered, status.DeadLettered, status.Retries, status.LastError, status.LastErrorAt, status.LastDeliveredAt, status.Dropped);
}

/// <summary>A message to try the routes on.</summary>
internal sealed record RouteTestRequest : IRequestMessage<RouteTestRequest>
{
    public static int MaxBytes => 512 * 1024;

    /// <summary>deviceMessages (the default) or another source.</summary>
    public string? Source { get; init; }

    public RouteTestMessage? Message { get; init; }

    /// <summary>A twin document: <c>{"tags":{…},"properties":{"desired":{…},"reported":{…}}}</c>.</summary>
    public JsonElement? Twin { get; init; }

    public static RouteTestRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RoutingJson.Default.RouteTestRequest) ?? throw new JsonException("an object was expected.");

    public Refusal? Check(RequestIds route) =>
        Message is null ? new Refusal(HubErrorCode.ArgumentInvalid, "The body must have a message.")
        : Twin is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) } ? new Refusal(HubErrorCode.ArgumentInvalid, "twin must be an object.")
        : RouteWords.CheckSource(Source);

    internal RouteTest ToTest() => new(
        RouteWords.Source(Source),
        Properties(Message!.Properties, static name => name),
        Properties(Message.SystemProperties, SystemWords.Stored),
        Message.Body switch
        {
            null => ReadOnlyMemory<byte>.Empty,
            { ValueKind: JsonValueKind.String } text => System.Text.Encoding.UTF8.GetBytes(text.GetString()!),
            { } json => System.Text.Encoding.UTF8.GetBytes(json.GetRawText()),
        },
        Twin is { ValueKind: JsonValueKind.Object } twin ? JsonUtf8.Parse(twin.GetRawText()) : null);

    private static ImmutableArray<EventProperty> Properties(Dictionary<string, string?>? given, Func<string, string> name) =>
        given is null ? [] : [.. given.Select(property => new EventProperty(name(property.Key), property.Value))];
}

/// <summary>What a device might send.</summary>
internal sealed record RouteTestMessage
{
    public Dictionary<string, string?>? Properties { get; init; }

    /// <summary>
    /// By their names in conditions without the dollar sign, or on the Event Hubs-compatible endpoint. A body is seen only with
    /// <c>contentType</c> application/json and <c>contentEncoding</c> utf-8.
    /// </summary>
    public Dictionary<string, string?>? SystemProperties { get; init; }

    /// <summary>A JSON value, or the text of the body.</summary>
    public JsonElement? Body { get; init; }
}

/// <summary>Names of system properties as IoT Hub's test takes them.</summary>
internal static class SystemWords
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["messageId"] = "message-id",
        ["correlationId"] = "correlation-id",
        ["userId"] = "user-id",
        ["absoluteExpiryTime"] = "absolute-expiry-time",
        ["contentType"] = "content-type",
        ["contentEncoding"] = "content-encoding",
        ["connectionDeviceId"] = "iothub-connection-device-id",
        ["connectionModuleId"] = "iothub-connection-module-id",
        ["enqueuedTime"] = "iothub-enqueuedtime",
        ["interfaceId"] = "iothub-interface-id",
        ["outputName"] = "iothub-outputname",
    };

    /// <summary>As the log stores it; a name that is none of the known ones is taken for that.</summary>
    internal static string Stored(string name) => Known.GetValueOrDefault(name.TrimStart('$')) ?? name;
}

/// <param name="Routes">Those that would take the message.</param>
/// <param name="BodyIsReadable">Whether conditions see the body: content type, encoding and JSON are as they must be.</param>
internal sealed record RouteTestResponse(RouteResponse[] Routes, bool BodyIsReadable);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(RouteRequest))]
[JsonSerializable(typeof(RouteResponse))]
[JsonSerializable(typeof(RouteResponse[]))]
[JsonSerializable(typeof(RouteTestRequest))]
[JsonSerializable(typeof(RouteTestResponse))]
[JsonSerializable(typeof(EndpointRequest))]
[JsonSerializable(typeof(EndpointResponse))]
[JsonSerializable(typeof(EndpointResponse[]))]
[JsonSerializable(typeof(DeadLettersResponse))]
internal sealed partial class RoutingJson : JsonSerializerContext;
