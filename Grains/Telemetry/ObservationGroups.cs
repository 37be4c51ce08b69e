using System.Collections.Immutable;
using System.Globalization;
using Muster.Devices;
using Muster.Json;

namespace Muster.Telemetry;

/// <summary>Events of a partition, sorted by who sent them. Pure.</summary>
internal static class ObservationGroups
{
    /// <summary>
    /// A batch per device and per module, each in the order of the log. Ids that no identity can have are left out, and so is what the hub says of
    /// devices: they were not heard.
    /// </summary>
    internal static List<KeyValuePair<string, ObservationBatch>> Of(ImmutableArray<StoredEvent> events)
    {
        var bySender = new Dictionary<(string, string?), ImmutableArray<Observation>.Builder>();
        foreach (var stored in events)
        {
            if (stored.Source != EventSource.Telemetry)
            {
                continue;
            }

            if (!bySender.TryGetValue((stored.DeviceId, stored.ModuleId), out var batch))
            {
                bySender.Add((stored.DeviceId, stored.ModuleId), batch = ImmutableArray.CreateBuilder<Observation>());
            }

            var sequence = SequenceOf(stored);
            var at = sequence < 0 ? stored.EnqueuedAt : EnqueuedUpstream(stored);
            batch.Add(new Observation(stored.Offset, at, JsonObject(stored), GenerationOf(stored), sequence));
        }

        var groups = new List<KeyValuePair<string, ObservationBatch>>(bySender.Count);
        foreach (var ((deviceId, moduleId), batch) in bySender)
        {
            if (DeviceKey.TryCreate(deviceId, moduleId, out var key))
            {
                groups.Add(new(key.ToString(), new ObservationBatch(batch.DrainToImmutable())));
            }
        }

        return groups;
    }

    internal static long GenerationOf(StoredEvent stored) =>
        long.TryParse(Find(stored, "iothub-connection-auth-generation-id"), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0;

    private static long SequenceOf(StoredEvent stored) =>
        Find(stored, EventRecord.UpstreamSequence) is { } place
            && long.TryParse(place.AsSpan(place.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : -1;

    private static DateTimeOffset EnqueuedUpstream(StoredEvent stored) =>
        DateTimeOffset.TryParse(
            Find(stored, EventRecord.EnqueuedTime), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : stored.EnqueuedAt;

    private static string? Find(StoredEvent stored, string name)
    {
        foreach (var property in stored.SystemProperties)
        {
            if (property.Name == name)
            {
                return property.Value;
            }
        }

        return null;
    }

    /// <summary>The body if its content type is JSON, or unsaid, and it has the look of an object; whether it is one shows when it is read.</summary>
    internal static JsonUtf8? JsonObject(StoredEvent stored)
    {
        foreach (var property in stored.SystemProperties)
        {
            if (property is { Name: "content-type", Value.Length: > 0 } && !property.Value.Contains("json", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }
        }

        var text = stored.Body.Span.Trim(" \t\r\n"u8);
        return text.Length >= 2 && text[0] == '{' && text[^1] == '}' ? new JsonUtf8(stored.Body.ToArray()) : null;
    }
}
