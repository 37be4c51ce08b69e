using System.Collections.Immutable;
using System.Globalization;
using Muster.Devices;
using Muster.Json;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Events of an upstream partition that rows follow, sorted by whom they are about. Pure.</summary>
internal static class UpstreamChanges
{
    /// <summary>A batch per device and per module, each in the order of the partition; telemetry, and ids that no identity can have, are left out.</summary>
    internal static List<KeyValuePair<string, UpstreamBatch>> Of(ImmutableArray<StoredEvent> events)
    {
        var groups = new Dictionary<DeviceKey, ImmutableArray<UpstreamChange>.Builder>();
        foreach (var stored in events)
        {
            if (stored.Source is not (EventSource.TwinChange or EventSource.DeviceLifecycle or EventSource.DeviceConnectionState)
                || !DeviceKey.TryCreate(stored.DeviceId, stored.ModuleId, out var key))
            {
                continue;
            }

            if (!groups.TryGetValue(key, out var changes))
            {
                groups.Add(key, changes = ImmutableArray.CreateBuilder<UpstreamChange>());
            }

            changes.Add(Of(stored));
        }

        return [.. groups.Select(group => new KeyValuePair<string, UpstreamBatch>(group.Key.ToString(), new UpstreamBatch(group.Value.DrainToImmutable())))];
    }

    private static UpstreamChange Of(StoredEvent stored) => new()
    {
        Sequence = stored.Offset,
        Source = stored.Source,
        Operation = Find(stored, "opType") ?? "",
        At = DateTimeOffset.TryParse(
            Find(stored, "operationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : stored.EnqueuedAt,
        GenerationId = ObservationGroups.GenerationOf(stored),
        Body = new JsonUtf8(stored.Body.ToArray()),
    };

    private static string? Find(StoredEvent stored, string name) => stored.Properties.FirstOrDefault(property => property.Name == name).Value;
}
