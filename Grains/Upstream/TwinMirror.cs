using System.Collections.Immutable;
using Muster.Devices;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>
/// How a row follows a device of the upstream hub: by whole reads, and by events where none is missing. Pure. Versions are the upstream hub's; what is known
/// already changes nothing, and what cannot be told from the events alone says "read again", so that a row is late at worst, never wrong.
/// </summary>
internal static class TwinMirror
{
    /// <summary>The row as it is behind a whole read; the same object if nothing differs.</summary>
    /// <param name="row">Null, or a row of an earlier identity or of this cluster's own, gives way to a new one.</param>
    /// <param name="twin">As it was read.</param>
    /// <param name="identity">Null where the row's still holds.</param>
    internal static DeviceState Apply(DeviceState? row, UpstreamTwin twin, UpstreamIdentity? identity)
    {
        var before = row?.Upstream is not null && (identity is null || identity.State.GenerationId == row.Identity.GenerationId) ? row : null;
        var mark = UpstreamMark.Of(before) ?? UpstreamMark.None;
        var next = (before ?? new DeviceState()) with
        {
            Identity = identity?.Behind(before?.Identity) ?? before?.Identity ?? IdentityState.None,
            TwinVersion = twin.Version,
            Tags = Same(before?.Tags, twin.Tags) ? before?.Tags : twin.Tags,
            Desired = Kept(before?.Desired, twin.Desired),
            Reported = Kept(before?.Reported, twin.Reported),
            ModelId = twin.ModelId,
            LastActivityAt = Later(before?.LastActivityAt, twin.LastActivityAt),
            Upstream = Packed(before, mark with
            {
                TwinETag = twin.ETag,
                IdentityETag = twin.IdentityETag ?? identity?.ETag,
                IsConnected = twin.IsConnected,
                ConnectionChangedAt = identity is null ? mark.ConnectionChangedAt : identity.ConnectionChangedAt,
            }),
        };
        return before is not null && next == before ? before : next;
    }

    /// <summary>The row behind the events; the same object if they say nothing new, null if the device has to be read again.</summary>
    internal static DeviceState? Apply(DeviceState row, ImmutableArray<UpstreamChange> changes)
    {
        if (UpstreamMark.Of(row) is not { } mark)
        {
            return null;
        }

        var (next, followed) = (row, mark);
        foreach (var change in changes)
        {
            if (change.Sequence <= followed.AppliedSequence || IsOfEarlier(change, row))
            {
                continue;
            }

            var (state, stepped) = Step(next, followed, change);
            if (state is null)
            {
                return null;
            }

            (next, followed) = (state, stepped with { AppliedSequence = change.Sequence });
        }

        return followed == mark ? row : next with { Upstream = followed.Pack() };
    }

    /// <summary>True of an event about an identity that had the id before: it says nothing of this one.</summary>
    private static bool IsOfEarlier(UpstreamChange change, DeviceState row) =>
        change.GenerationId > 0 && change.GenerationId < row.Identity.GenerationId;

    private static (DeviceState? State, UpstreamMark Mark) Step(DeviceState row, UpstreamMark mark, UpstreamChange change)
    {
        if (change.GenerationId > 0 && change.GenerationId != row.Identity.GenerationId)
        {
            return (null, mark);
        }

        switch (change.Source)
        {
            case EventSource.TwinChange:
                var next = TwinEvents.Apply(row, change);
                return (next, ReferenceEquals(next, row) ? mark : mark with { TwinETag = null });
            case EventSource.DeviceConnectionState:
                var isConnected = change.Operation.EndsWith("Connected", StringComparison.Ordinal);
                var seen = row with { LastActivityAt = isConnected ? Later(row.LastActivityAt, change.At) : row.LastActivityAt };
                return (seen, mark with { IsConnected = isConnected, ConnectionChangedAt = change.At });
            case EventSource.DeviceLifecycle when change.GenerationId > 0 && change.Operation.StartsWith("create", StringComparison.Ordinal):
                return (row, mark);
            case EventSource.DeviceLifecycle:
                return (null, mark);
            default:
                return (row, mark);
        }
    }

    internal static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b : a;

    private static TwinSection Kept(TwinSection? before, TwinSection read) =>
        before is not null && before.Version == read.Version && before.UpdatedAt == read.UpdatedAt && Same(before.Json, read.Json)
            && Same(before.Metadata, read.Metadata) ? before : read;

    private static byte[] Packed(DeviceState? before, UpstreamMark mark)
    {
        var packed = mark.Pack();
        return Same(before?.Upstream, packed) ? before!.Upstream! : packed;
    }

    private static bool Same(byte[]? a, byte[]? b) => a is null || b is null ? a is null && b is null : a.AsSpan().SequenceEqual(b);
}
