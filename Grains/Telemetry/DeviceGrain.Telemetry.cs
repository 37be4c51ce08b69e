using System.Collections.Immutable;
using Muster.Json;
using Muster.Telemetry;
using Muster.Upstream;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public Task ObserveAsync(ObservationBatch batch) =>
        services.Upstream is { } hub && MissesIdentity(batch) ? ObserveAfterReadAsync(hub, batch) : ObserveKnownAsync(batch);

    private Task ObserveKnownAsync(ObservationBatch batch)
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
            Upstream = Observed(state, fresh.Max(static observation => observation.UpstreamSequence)),
        });
    }

    public ValueTask<LatestTelemetry?> GetTelemetryAsync() => ValueTask.FromResult(Committed is { } state
        ? new LatestTelemetry(state.Telemetry is { } fields ? new JsonUtf8(fields) : JsonUtf8.EmptyObject, state.LastActivityAt)
        : null);

    // What an identity of the same id sent before it was deleted is not this one's, and what the upstream hub told before is not told again, even where
    // the log has it twice.
    private static ImmutableArray<Observation> Fresh(ImmutableArray<Observation> events, DeviceState state)
    {
        var observed = UpstreamMark.Of(state)?.ObservedSequence ?? -1;
        return events.RemoveAll(observation => !IsFresh(observation));

        bool IsFresh(Observation observation)
        {
            if (observation.Offset <= state.ObservedOffset || (observation.GenerationId != 0 && observation.GenerationId != state.Identity.GenerationId)
                || (observation.UpstreamSequence >= 0 && observation.UpstreamSequence <= observed))
            {
                return false;
            }

            observed = Math.Max(observed, observation.UpstreamSequence);
            return true;
        }
    }
}
