using Muster.Errors;
using Muster.Twins;
using Muster.Upstream;

namespace Muster.Devices;

/// <summary>The identity of a mirrored device: changed at the upstream hub, keys and all, and shown here without them.</summary>
internal sealed partial class DeviceGrain
{
    private async Task<IdentityReply> CreateUpstreamAsync(IUpstreamHub hub, IdentitySpec spec, TwinChange? twin)
    {
        if (!TryKey(out var key))
        {
            return Refused(Refusals.Invalid($"'{GrainKey}' is neither a device id nor device/module."));
        }

        // The hub takes the two one after the other: a twin that it would not take shall leave no device behind.
        twin = twin is null ? null : twin with { IfMatch = null };
        if (twin is not null && TwinMachine.Change(new DeviceState { TwinVersion = 1 }, twin, Now()) is TwinMove.Refused { Why: var invalid })
        {
            return Refused(invalid);
        }

        var reply = await PutUpstreamAsync(hub, key, spec, null);
        if (twin is null || reply is not IdentityReply.Accepted)
        {
            return reply;
        }

        return await ChangeUpstreamTwinAsync(hub, twin) is TwinReply.Refused { Why: var why } ? Refused(why) : reply;
    }

    private Task<IdentityReply> CreateUpstreamModuleAsync(string moduleId, IdentitySpec spec) =>
        TryKey(out var key) && !key.IsModule && DeviceKey.TryCreate(key.DeviceId, moduleId, out var module)
            ? GrainFactory.GetGrain<IDeviceGrain>(module.ToString()).CreateAsync(spec)
            : Task.FromResult<IdentityReply>(Refused(Refusals.Invalid($"'{moduleId}' is no id for a module of {GrainKey}.")));

    private async Task<IdentityReply> UpdateUpstreamAsync(IUpstreamHub hub, IdentitySpec spec, string? ifMatch)
    {
        if (!TryKey(out var key))
        {
            return Refused(NotFound());
        }

        return await WhyNotMatchAsync(hub, key, ifMatch, static state => ETags.Identity(state.Identity)) is { } changed
            ? Refused(changed)
            : await PutUpstreamAsync(hub, key, spec, IsConditional(ifMatch) ? UpstreamMark.Of(head)?.IdentityETag ?? "*" : "*");
    }

    private async Task<IdentityReply> PutUpstreamAsync(IUpstreamHub hub, DeviceKey key, IdentitySpec spec, string? ifMatch)
    {
        switch (await AskingAsync(hub.PutIdentityAsync(key, spec, ifMatch, Stopping)))
        {
            case UpstreamReply.Found(var json):
                var identity = Understood(() => UpstreamIdentity.Read(json));
                return await ReadAgainAsync(hub, key, isWanted: true) is { } why ? Refused(why)
                    : Committed is { } state ? new IdentityReply.Accepted(WithKeys(Accepted(key, state).Identity, identity))
                    : Refused(NotFound());
            case UpstreamReply.Refused(var refused):
                await AfterRefusalAsync(hub, key, refused);
                return Refused(refused);
            case var other:
                throw new NotSupportedException($"Unknown reply {other}.");
        }
    }

    private async Task<IdentityReply> DeleteUpstreamAsync(IUpstreamHub hub, string? ifMatch)
    {
        if (!TryKey(out var key))
        {
            return Refused(NotFound());
        }

        if (await WhyNotMatchAsync(hub, key, ifMatch, static state => ETags.Identity(state.Identity)) is { } changed)
        {
            return Refused(changed);
        }

        if (head is null && await ReadAgainAsync(hub, key) is { } unknown)
        {
            return Refused(unknown);
        }

        var last = head;
        var condition = IsConditional(ifMatch) ? UpstreamMark.Of(last)?.IdentityETag : null;
        if (await AskingAsync(hub.DeleteIdentityAsync(key, condition, Stopping)) is { } refused)
        {
            await AfterRefusalAsync(hub, key, refused);
            return Refused(refused);
        }

        if (ReferenceEquals(head?.Identity, last?.Identity))
        {
            await ForgetAsync(key);
        }

        return last is null ? Refused(NotFound()) : Accepted(key, last);
    }

    private static DeviceIdentity WithKeys(DeviceIdentity identity, UpstreamIdentity from) => identity with
    {
        Authentication = identity.Authentication with { PrimaryKey = from.PrimaryKey, SecondaryKey = from.SecondaryKey },
    };
}
