using System.Collections.Immutable;
using Muster.Json;
using Muster.Telemetry;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public Task ObserveAsync(ObservationBatch batch)
    {
        if (head is not { } state || Fresh(batch.Events, state) is not [.., var last] fresh)
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

    // What an identity of the same id sent before it was deleted is not this one's. Mostly all are fresh: then they stay the array that came.
    private static ImmutableArray<Observation> Fresh(ImmutableArray<Observation> events, DeviceState state)
    {
        return events.All(IsFresh) ? events : events.RemoveAll(observation => !IsFresh(observation));

        bool IsFresh(Observation observation) =>
            observation.Offset > state.ObservedOffset && (observation.GenerationId == 0 || observation.GenerationId == state.Identity.GenerationId);
    }
}
