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

            batch.Add(new Observation(stored.Offset, stored.EnqueuedAt, JsonObject(stored), GenerationOf(stored)));
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

    private static long GenerationOf(StoredEvent stored)
    {
        foreach (var property in stored.SystemProperties)
        {
            if (property.Name == "iothub-connection-auth-generation-id")
            {
                return long.TryParse(property.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 0;
            }
        }

        return 0;
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
