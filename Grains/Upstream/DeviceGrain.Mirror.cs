using Muster.Errors;
using Muster.Json;
using Muster.Telemetry;
using Muster.Upstream;

namespace Muster.Devices;

/// <summary>How the row comes to be what the upstream hub has: by its events, and by reading there again.</summary>
internal sealed partial class DeviceGrain
{
    private const int MaxReads = 5;

    public async Task ApplyAsync(UpstreamBatch batch)
    {
        if (services.Upstream is not { } hub || !TryKey(out var key) || batch.Changes is not [.., var last])
        {
            return;
        }

        if (head is { } state && TwinMirror.Apply(state, batch.Changes) is { } next)
        {
            await StoreAsync(next, state);
            return;
        }

        // What is read now was not before what the batch tells, so that nothing in it is news then.
        await MustReadAsync(hub, key);
        if (head is { } read && UpstreamMark.Of(read) is { } mark && mark.AppliedSequence < last.Sequence)
        {
            await CommitAsync(read with { Upstream = (mark with { AppliedSequence = last.Sequence }).Pack() });
        }
    }

    public Task ReadAgainAsync() => services.Upstream is { } hub && TryKey(out var key) ? MustReadAsync(hub, key) : Task.CompletedTask;

    private async Task MustReadAsync(IUpstreamHub hub, DeviceKey key)
    {
        if (await ReadAgainAsync(hub, key) is { HttpStatus: not 404 } why)
        {
            throw new UpstreamFaultException($"{GrainKey} could not be read from the upstream hub: {why.Message}");
        }
    }

    /// <summary>Null once the row is as the hub has it, or newer; else why it could not be read, and if it is not there, the row is gone.</summary>
    /// <param name="hub">The upstream hub.</param>
    /// <param name="key">This device's.</param>
    /// <param name="isWanted">True if the identity changed for certain.</param>
    private async Task<Refusal?> ReadAgainAsync(IUpstreamHub hub, DeviceKey key, bool isWanted = false)
    {
        for (var reads = 1; ; reads++)
        {
            var before = head;
            var (twin, identity, why) = await ReadUpstreamAsync(hub, key, isWanted ? null : before);
            if (!ReferenceEquals(before?.Identity, head?.Identity) && reads < MaxReads)
            {
                // It was made anew meanwhile, or deleted.
                continue;
            }

            if (why is not null)
            {
                await (why.HttpStatus == 404 && head?.Upstream is not null ? ForgetAsync(key) : SettledAsync());
                Nothing<object>();
                return why;
            }

            await TakeAsync(twin!, identity, before);
            return null;
        }
    }

    private static async Task<(UpstreamTwin? Twin, UpstreamIdentity? Identity, Refusal? Why)> ReadUpstreamAsync(
        IUpstreamHub hub, DeviceKey key, DeviceState? before)
    {
        for (var reads = 1; ; reads++)
        {
            var reply = await hub.GetTwinAsync(key, CancellationToken.None);
            if (reply is not UpstreamReply.Found(var json))
            {
                return (null, null, ((UpstreamReply.Refused)reply).Why);
            }

            var twin = Understood(() => UpstreamTwin.Read(json));
            if (twin.IdentityETag is { } etag && UpstreamMark.Of(before)?.IdentityETag == etag)
            {
                return (twin, null, null);
            }

            reply = await hub.GetIdentityAsync(key, CancellationToken.None);
            if (reply is not UpstreamReply.Found(var identityJson))
            {
                return (null, null, ((UpstreamReply.Refused)reply).Why);
            }

            // The two are of one moment if they agree on the identity's etag.
            var identity = Understood(() => UpstreamIdentity.Read(identityJson));
            if (reads == MaxReads || twin.IdentityETag is null || twin.IdentityETag == identity.ETag)
            {
                return (twin, identity, null);
            }
        }
    }

    /// <summary>Stores the twin that a change came to.</summary>
    private Task<Refusal?> TakeTwinAsync(IUpstreamHub hub, DeviceKey key, IdentityState? before, JsonUtf8 json)
    {
        var twin = Understood(() => UpstreamTwin.Read(json));
        var isKnown = head is { } state && ReferenceEquals(state.Identity, before)
            && UpstreamMark.Of(state)?.IdentityETag is { } etag && etag == twin.IdentityETag;
        return isKnown ? TakenAsync(twin) : ReadAgainAsync(hub, key);
    }

    private async Task<Refusal?> TakenAsync(UpstreamTwin twin)
    {
        await (head!.TwinVersion >= twin.Version ? SettledAsync() : TakeAsync(twin, null, head));
        return null;
    }

    // A row that moved on while the hub answered may be newer than the answer.
    private Task TakeAsync(UpstreamTwin twin, UpstreamIdentity? identity, DeviceState? before)
    {
        var state = head;
        var movedOn = state is not null && before is not null && state.TwinVersion != before.TwinVersion && state.Upstream is not null;
        if (movedOn && state!.TwinVersion >= twin.Version && (identity is null || identity.State.GenerationId == state.Identity.GenerationId))
        {
            return SettledAsync();
        }

        var next = TwinMirror.Apply(state, twin, identity);
        return ReferenceEquals(next, state) ? SettledAsync() : CommitAsync(next);
    }

    private async Task ForgetAsync(DeviceKey key)
    {
        if (head is not { Upstream: not null } last)
        {
            await SettledAsync();
            return;
        }

        await CommitAsync(null);
        LogDeleted(services.Logger, GrainKey, last.Identity.GenerationId);
        DeactivateOnIdle();
        if (!key.IsModule)
        {
            var modules = await services.Index.ListModulesAsync(key.DeviceId, CancellationToken.None);
            await Task.WhenAll(modules.Select(row => GrainFactory.GetGrain<IUpstreamMirror>(row.Key.ToString()).ReadAgainAsync()));
        }
    }

    /// <summary>True if the row is missing, or of an earlier identity than the one that was heard.</summary>
    private bool MissesIdentity(ObservationBatch batch) =>
        head is not { Upstream: not null } state || batch.Events.Any(observation => observation.GenerationId > state.Identity.GenerationId);

    private async Task ObserveAfterReadAsync(IUpstreamHub hub, ObservationBatch batch)
    {
        if (TryKey(out var key))
        {
            await MustReadAsync(hub, key);
            await ObserveKnownAsync(batch);
        }
    }

    private static byte[]? Observed(DeviceState state, long sequence) =>
        sequence >= 0 && UpstreamMark.Of(state) is { } mark ? (mark with { ObservedSequence = sequence }).Pack() : state.Upstream;

    // What the hub answered and this program does not understand is the hub's fault, and is told in a form that every caller reads.
    private static T Understood<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new UpstreamFaultException(e.Message);
        }
    }
}
