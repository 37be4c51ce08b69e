using System.Collections.Immutable;
using Muster.Json;
using Muster.Telemetry;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public Task ObserveAsync(ObservationBatch batch)
    {
        if (head is not { } state || Fresh(batch.Events, state.ObservedOffset) is not [.., var last] fresh)
        {
            return SettledAsync();
        }

        return CommitAsync(state with
        {
            ObservedOffset = last.Offset,
            LastActivityAt = state.LastActivityAt > last.EnqueuedAt ? state.LastActivityAt : last.EnqueuedAt,
            Telemetry = TelemetryFields.Merge(state.Telemetry, new ObservationBatch(fresh)),
        });
    }

    public ValueTask<LatestTelemetry?> GetTelemetryAsync() => ValueTask.FromResult(Committed is { } state
        ? new LatestTelemetry(state.Telemetry is { } fields ? new JsonUtf8(fields) : JsonUtf8.EmptyObject, state.LastActivityAt)
        : null);

    private static ImmutableArray<Observation> Fresh(ImmutableArray<Observation> events, long applied)
    {
        var seen = 0;
        while (seen < events.Length && events[seen].Offset <= applied)
        {
            seen++;
        }

        return seen == 0 ? events : events[seen..];
    }
}
