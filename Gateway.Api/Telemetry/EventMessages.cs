using System.Text.Json.Serialization;

namespace Muster.Telemetry;

/// <summary>One event of the log: one line of the answer.</summary>
internal sealed record EventLine
{
    public required int Partition { get; init; }

    /// <summary>One more for each event of the partition.</summary>
    public required long Offset { get; init; }

    /// <summary>UTC, the silo's clock; never falls within a partition.</summary>
    public required DateTimeOffset EnqueuedTime { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>Null unless a module sent it.</summary>
    public string? ModuleId { get; init; }

    /// <summary>By their names on the Event Hubs-compatible endpoint.</summary>
    public required IReadOnlyDictionary<string, string?> SystemProperties { get; init; }

    /// <summary>The device's own; null where it gave a name without a value.</summary>
    public required IReadOnlyDictionary<string, string?> Properties { get; init; }

    /// <summary>The device's bytes in base64.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    internal static EventLine From(StoredEvent stored) => new()
    {
        Partition = stored.Partition,
        Offset = stored.Offset,
        EnqueuedTime = stored.EnqueuedAt,
        DeviceId = stored.DeviceId,
        ModuleId = stored.ModuleId,
        SystemProperties = Named(stored.SystemProperties),
        Properties = Named(stored.Properties),
        Body = stored.Body,
    };

    /// <summary>A name that comes twice has its last value.</summary>
    private static Dictionary<string, string?> Named(IEnumerable<EventProperty> properties)
    {
        var named = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var property in properties)
        {
            named[property.Name] = property.Value;
        }

        return named;
    }
}

/// <summary>What a partition of the event log holds.</summary>
/// <param name="Partition">0 to 31.</param>
/// <param name="FirstOffset">The oldest event still there; equal to <paramref name="NextOffset"/> where there is none.</param>
/// <param name="NextOffset">What the next event will get.</param>
/// <param name="LastEnqueuedTime">UTC; null if it never held one.</param>
internal sealed record PartitionResponse(int Partition, long FirstOffset, long NextOffset, DateTimeOffset? LastEnqueuedTime)
{
    internal static PartitionResponse From(PartitionStatus status) =>
        new(status.Partition, status.FirstOffset, status.NextOffset, status.LastEnqueuedAt);
}

/// <summary>What a device's telemetry last said, for the API's description.</summary>
/// <param name="LastActivityTime">UTC; null if it was never heard.</param>
/// <param name="Fields">By field name, nested ones with dots.</param>
internal sealed record LatestTelemetryResponse(
    string DeviceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ModuleId,
    DateTimeOffset? LastActivityTime,
    IReadOnlyDictionary<string, TelemetryValueResponse> Fields);

/// <param name="Value">As the device sent it.</param>
/// <param name="EnqueuedTime">UTC, when the log took it.</param>
internal sealed record TelemetryValueResponse(System.Text.Json.JsonElement Value, DateTimeOffset EnqueuedTime);
