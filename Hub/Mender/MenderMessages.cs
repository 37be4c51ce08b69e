using System.Text.Json;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>What a client asks its next deployment with.</summary>
/// <param name="Provides">What it runs and is, by name.</param>
/// <param name="TakesControlMap">True if it stops where an update control map says so.</param>
internal sealed record NextRequest(IReadOnlyDictionary<string, string> Provides, bool TakesControlMap);

/// <summary>Reads the bodies of Mender's clients. Null is what cannot be understood.</summary>
internal static class MenderMessages
{
    internal const int MaxAttributes = 200;
    private const int MaxLogLines = 20;

    /// <summary>An array of <c>{"name","value"}</c>; values that are no texts are left out.</summary>
    internal static Dictionary<string, string>? Inventory(ReadOnlyMemory<byte> body) => Read(body, static root =>
    {
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() > MaxAttributes)
        {
            return null;
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in root.EnumerateArray())
        {
            if (Text(attribute, "name") is not { Length: > 0 } name)
            {
                return null;
            }

            if (Text(attribute, "value") is { } value)
            {
                attributes[name] = value;
            }
        }

        return attributes;
    });

    /// <summary>Version 2 has what it provides in an object of its own, version 1 at the top.</summary>
    internal static NextRequest? Next(ReadOnlyMemory<byte> body) => Read(body, static root =>
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var provides = root.TryGetProperty("device_provides", out var own) ? own : root;
        var takesMap = root.TryGetProperty("update_control_map", out var map) && map.ValueKind == JsonValueKind.True;
        return provides.ValueKind != JsonValueKind.Object ? null : new NextRequest(
            provides.EnumerateObject().Where(static one => one.Value.ValueKind == JsonValueKind.String)
                .GroupBy(static one => one.Name, static one => one.Value.GetString()!, StringComparer.Ordinal).ToDictionary(static one => one.Key, static one => one.Last(), StringComparer.Ordinal),
            takesMap);
    });

    internal static (string Status, string? Substate)? Status(ReadOnlyMemory<byte> body) =>
        Read<(string, string?)?>(body, static root => Text(root, "status") is { Length: > 0 } status ? (status, Excerpt.Head(Text(root, "substate"), AgentReport.MaxMessageLength)) : null);

    /// <summary>The last lines of a client's log that tell of errors; its last ones whatever they tell of, where there are none. At most what a report holds.</summary>
    internal static string? Log(ReadOnlyMemory<byte> body) => Read(body, static root =>
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var lines = messages.EnumerateArray().Select(static line => (Level: Text(line, "level") ?? "", Message: Text(line, "message") ?? ""))
            .Where(static line => line.Message.Length > 0).ToArray();
        var errors = lines.Where(static line => line.Level is "error" or "fatal" or "panic").ToArray();
        var text = string.Join('\n', (errors.Length > 0 ? errors : lines).TakeLast(MaxLogLines).Select(static line => line.Message));
        return Excerpt.Tail(text, AgentReport.MaxMessageLength);
    });

    private static T? Read<T>(ReadOnlyMemory<byte> body, Func<JsonElement, T?> read)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return read(json.RootElement);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // The second: half of a surrogate pair, or bytes that are not UTF-8, of which no text can be made.
            return default;
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.String ? child.GetString() : null;
}
