using System.Globalization;
using Muster.CloudToDevice;
using Muster.Errors;
using Muster.Methods;
using Muster.Twins;
using Muster.Upstream;

namespace Muster.Devices;

/// <summary>
/// The device as a mirror of one of the upstream hub: changes are made there, and what comes of them is stored here before it is answered. None of this tells
/// the event log: the hub's own events do.
/// </summary>
internal sealed partial class DeviceGrain
{
    private CancellationToken Stopping => services.Host.ApplicationStopping;

    private async Task<TwinReply> ChangeUpstreamTwinAsync(IUpstreamHub hub, TwinChange change)
    {
        if (!TryKey(out var key))
        {
            return new TwinReply.Refused(NotFound());
        }

        var condition = change.IfMatch;
        if (await WhyNotMatchAsync(hub, key, condition, static state => ETags.Twin(state.TwinVersion)) is { } changed)
        {
            return new TwinReply.Refused(changed);
        }

        change = change with { IfMatch = IsConditional(condition) ? UpstreamMark.Of(head)?.TwinETag : null };
        var before = head?.Identity;
        switch (await AskingAsync(hub.ChangeTwinAsync(key, change, Stopping)))
        {
            case UpstreamReply.Found(var json):
                var why = await TakeTwinAsync(hub, key, before, json);
                services.Instruments.OnTwinChanged(change.Desired is null && !change.Replace ? "tags" : "desired");
                return why is null && Committed is { } state ? ServiceTwin(state) : new TwinReply.Refused(why ?? NotFound());
            case UpstreamReply.Refused(var refused):
                await AfterRefusalAsync(hub, key, refused);
                return new TwinReply.Refused(refused);
            case var other:
                throw new NotSupportedException($"Unknown reply {other}.");
        }
    }

    private async Task<MethodReply> InvokeUpstreamAsync(IUpstreamHub hub, MethodCall call)
    {
        if (!TryKey(out var key))
        {
            return Refuse(NotFound());
        }

        var reply = await hub.InvokeMethodAsync(key, call, Stopping);
        return reply is MethodReply.Refused { Why: var why } ? Refuse(why) : Answered(reply);
    }

    private async Task<SendMessageReply> SendUpstreamAsync(IUpstreamHub hub, CloudMessage message)
    {
        if (!TryKey(out var key))
        {
            return new SendMessageReply.Refused(NotFound());
        }

        var reply = await hub.SendMessageAsync(key, message, Stopping);
        if (reply is SendMessageReply.Queued)
        {
            services.Instruments.OnMessageQueued();
        }

        return reply;
    }

    private async Task<PurgeMessagesReply> PurgeUpstreamAsync(IUpstreamHub hub) =>
        TryKey(out var key) ? await hub.PurgeMessagesAsync(key, Stopping) : new PurgeMessagesReply.Refused(NotFound());

    private async Task<Refusal?> WhyNotMatchAsync(IUpstreamHub hub, DeviceKey key, string? condition, Func<DeviceState, string> etag)
    {
        if (!IsConditional(condition))
        {
            return null;
        }

        if (await ReadAgainAsync(hub, key) is { } why)
        {
            return why;
        }

        return head is not { } state ? NotFound()
            : ETags.Matches(condition, etag(state)) ? null
            : Refusals.Changed($"The etag of {GrainKey} is {etag(state)} by now; read it again.");
    }

    /// <summary>Where nobody knows what became of a change, the fleet is compared with the hub's.</summary>
    private async Task<T> AskingAsync<T>(Task<T> change)
    {
        try
        {
            return await change;
        }
        catch (UpstreamFaultException)
        {
            GrainFactory.GetGrain<IUpstreamSyncGrain>(0).AskAsync("a change whose outcome is unknown").Ignore();
            throw;
        }
    }

    // The refusal tells of a state of the hub that the row may not have yet. It is the answer, whether the hub can be read now or not.
    private async Task AfterRefusalAsync(IUpstreamHub hub, DeviceKey key, Refusal why)
    {
        if (why.HttpStatus is not (404 or 409 or 412))
        {
            return;
        }

        try
        {
            await ReadAgainAsync(hub, key);
        }
        catch (UpstreamFaultException e)
        {
            LogNotRead(services.Logger, GrainKey, e);
        }
    }

    private bool TryKey(out DeviceKey key) => DeviceKey.TryParse(GrainKey, CultureInfo.InvariantCulture, out key);

    private Refusal ConnectsUpstream() =>
        new(HubErrorCode.IotHubUnauthorizedAccess, $"The device {GrainKey} connects to the upstream IoT hub, not to this cluster.");

    private static bool IsConditional(string? condition) => condition?.Trim().Trim('"') is { Length: > 0 } and not "*";
}
