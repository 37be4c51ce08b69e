using System.Globalization;
using System.Text.Json;
using Muster.Devices;

namespace Muster.Updates;

/// <summary>
/// What a device's row says of it that its update depends on: the reported components <c>deviceInformation</c>, <c>deviceHealth</c> and <c>deviceUpdate</c>, tags, last
/// telemetry. Read from the row when it is asked for.
/// </summary>
internal sealed class DeviceFacts(DeviceState state)
{
    private static readonly JsonElement Nothing = JsonElement.Parse("{}"u8);
    private JsonElement? reported;
    private JsonElement? tags;

    internal string? Model => Text(Information, "model");

    internal string? HardwareRevision => Text(Information, "hwRevision");

    internal string? SoftwareVersion => Text(Information, "swVersion");

    /// <summary>Whether a reported patch says what the device runs: not that it takes its word back, nor something of that name elsewhere.</summary>
    /// <param name="patch">UTF-8, valid JSON.</param>
    internal static bool IsVersionTold(ReadOnlySpan<byte> patch) =>
        patch.IndexOf("\"swVersion\""u8) >= 0 && Text(Child(JsonElement.Parse(patch), "deviceInformation"), "swVersion") is not null;

    /// <summary>Null if the device does not say.</summary>
    internal UpdateAgent? Agent => Text(Information, "updateAgent") is { } name && Enum.TryParse<UpdateAgent>(name, ignoreCase: true, out var agent) ? agent : null;

    internal int Restarts => Child(Reported, "deviceHealth") is { ValueKind: JsonValueKind.Object } health
        && health.TryGetProperty("restartCount", out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out var number) ? number : 0;

    /// <summary>What the agent of the twin channel says; undefined if there is none.</summary>
    internal JsonElement TwinAgent => Child(Child(Reported, "deviceUpdate"), "agent");

    internal DateTimeOffset? LastActivityAt => state.LastActivityAt;

    internal bool IsConnected => state.IsConnected;

    /// <summary>Whether the tag is true, or the text <c>true</c>.</summary>
    /// <param name="path">Below <c>tags</c>, its parts separated by dots; empty for none.</param>
    internal bool HasTag(string path) => path.Length > 0 && Tag(path) is { } tag
        && (tag.ValueKind == JsonValueKind.True || (tag.ValueKind == JsonValueKind.String && tag.ValueEquals("true"u8)));

    internal string? TagText(string path) => Tag(path) is { ValueKind: JsonValueKind.String } tag ? tag.GetString() : null;

    /// <summary>The last value of a telemetry field; null if there is none, or it is no number.</summary>
    internal TelemetryReading? Telemetry(string field)
    {
        if (state.Telemetry is null)
        {
            return null;
        }

        // A field is {"value": …, "enqueuedTime": …}, see TelemetryFields.
        var last = Child(JsonElement.Parse(state.Telemetry), field);
        return Child(last, "value") is { ValueKind: JsonValueKind.Number } value
            && Child(last, "enqueuedTime") is { ValueKind: JsonValueKind.String } time && time.TryGetDateTimeOffset(out var at)
            ? new TelemetryReading(value.GetDouble(), at) : null;
    }

    private JsonElement Reported => reported ??= Parse(state.Reported.Json);

    private JsonElement Information => Child(Reported, "deviceInformation");

    private JsonElement? Tag(string path)
    {
        var at = tags ??= Parse(state.Tags);
        foreach (var name in path.Split('.'))
        {
            at = Child(at, name);
        }

        return at.ValueKind == JsonValueKind.Undefined ? null : at;
    }

    private static JsonElement Parse(byte[]? json) => json is null ? Nothing : JsonElement.Parse(json);

    private static JsonElement Child(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? child : default;

    private static string? Text(JsonElement element, string name) => Child(element, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetDouble().ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}

/// <summary>The last value of a telemetry field.</summary>
/// <param name="Value">The number.</param>
/// <param name="At">When it was enqueued, UTC, in whole milliseconds, by the clock of the silo that took it.</param>
internal readonly record struct TelemetryReading(double Value, DateTimeOffset At)
{
    internal bool IsWithin(TelemetryBound bound) => !(Value < bound.Min) && !(Value > bound.Max);
}
