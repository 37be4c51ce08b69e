using System.Globalization;
using System.Text.Json;
using Muster.Devices;
using Muster.Json;

namespace Muster.Upstream;

/// <summary>A twin of the upstream hub as it was read, whole. Sections are as <see cref="DeviceState"/> has them.</summary>
internal sealed record UpstreamTwin
{
    internal required string DeviceId { get; init; }

    internal string? ModuleId { get; init; }

    internal string? ETag { get; init; }

    /// <summary>The etag of its identity; null where the hub does not say it.</summary>
    internal string? IdentityETag { get; init; }

    internal required long Version { get; init; }

    internal bool IsConnected { get; init; }

    internal DateTimeOffset? LastActivityAt { get; init; }

    internal string? ModelId { get; init; }

    internal byte[]? Tags { get; init; }

    internal TwinSection Desired { get; init; } = TwinSection.Empty;

    internal TwinSection Reported { get; init; } = TwinSection.Empty;

    /// <summary>Without its sections: who it is, and by what it is seen whether it changed.</summary>
    /// <exception cref="InvalidDataException">It is no twin.</exception>
    internal static UpstreamTwin ReadHead(JsonUtf8 json) => Read(json, withSections: false);

    /// <exception cref="InvalidDataException">It is no twin, or one that this hub could not hold.</exception>
    internal static UpstreamTwin Read(JsonUtf8 json) => Read(json, withSections: true);

    private static UpstreamTwin Read(JsonUtf8 json, bool withSections)
    {
        try
        {
            using var document = JsonDocument.Parse(json.Memory, UpstreamJson.Options);
            var root = document.RootElement;
            var head = new UpstreamTwin
            {
                DeviceId = root.GetProperty("deviceId").GetString() ?? throw new InvalidDataException("A twin of the upstream hub has no deviceId."),
                ModuleId = UpstreamJson.Text(root, "moduleId"),
                ETag = UpstreamJson.ETag(root, "etag"),
                IdentityETag = UpstreamJson.ETag(root, "deviceEtag"),
                Version = root.GetProperty("version").GetInt64(),
                IsConnected = UpstreamJson.Text(root, "connectionState") == "Connected",
                LastActivityAt = UpstreamJson.Time(root, "lastActivityTime"),
                ModelId = UpstreamJson.Text(root, "modelId") is { Length: > 0 } model ? model : null,
            };
            return withSections ? WithSections(head, root) : head;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"The upstream hub answered with what is no twin: {e.Message}", e);
        }
    }

    private static UpstreamTwin WithSections(UpstreamTwin head, JsonElement root)
    {
        var properties = root.TryGetProperty("properties", out var found) ? found : default;
        return head with
        {
            Tags = TwinSections.ReadTags(root),
            Desired = TwinSections.Read(properties, "desired"),
            Reported = TwinSections.Read(properties, "reported"),
        };
    }
}

/// <summary>Reads the members of the upstream hub's documents, where each may be missing.</summary>
internal static class UpstreamJson
{
    internal static readonly JsonDocumentOptions Options = new() { MaxDepth = 128 };

    internal static JsonElement? Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    internal static string? Text(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>Without the quotes that some documents have around it.</summary>
    internal static string? ETag(JsonElement of, string name) => Text(of, name)?.Trim('"') is { Length: > 0 } etag ? etag : null;

    /// <summary>UTC; null for the year 1, by which the hub says never.</summary>
    internal static DateTimeOffset? Time(JsonElement of, string name) =>
        DateTimeOffset.TryParse(Text(of, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
        && time.Year > 1 ? time : null;

    internal static long? Number(JsonElement of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;
}
