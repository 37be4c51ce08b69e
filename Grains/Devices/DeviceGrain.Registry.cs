using System.Globalization;
using Muster.Errors;
using Muster.Sessions;
using Muster.Twins;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    private const int MaxModules = 50;
    private const int MaxTriesToTell = 5;

    public async Task<IdentityReply> CreateAsync(IdentitySpec spec, TwinChange? twin)
    {
        if (services.Upstream is { } hub)
        {
            return await CreateUpstreamAsync(hub, spec, twin);
        }

        if (!DeviceKey.TryParse(GrainKey, CultureInfo.InvariantCulture, out var key))
        {
            return Refused(Refusals.Invalid($"'{GrainKey}' is neither a device id nor device/module."));
        }

        if (await WhyNotCreateAsync(key) is { } why)
        {
            return Refused(why);
        }

        switch (IdentityMachine.Create(key, spec, Now()))
        {
            case IdentityMove.Moved identity:
                return await CreateAsync(key, new DeviceState { Identity = WithKeys(identity, null), TwinVersion = 1 }, twin);
            case IdentityMove.Refused refused:
                return Refused(refused.Why);
            case var other:
                throw new NotSupportedException($"Unknown move {other}.");
        }
    }

    public async Task<IdentityReply> UpdateAsync(IdentitySpec spec, string? ifMatch)
    {
        if (services.Upstream is { } hub)
        {
            return await UpdateUpstreamAsync(hub, spec, ifMatch);
        }

        if (await WhyNotChangeAsync(ifMatch) is { } why)
        {
            return Refused(why);
        }

        var state = head!;
        var keys = SymmetricKeys.Unprotect(state.Identity.ProtectedKeys, services.Secrets);
        var move = IdentityMachine.Update(Key, state.Identity, keys, spec, Now());
        if (move is not IdentityMove.Moved moved)
        {
            return Refused(((IdentityMove.Refused)move).Why);
        }

        SessionCloseReason? closes = moved.Next.Status == DeviceStatus.Disabled ? SessionCloseReason.Disabled
            : IdentityMachine.ClosesSessions(state.Identity, keys, moved) ? SessionCloseReason.CredentialsChanged
            : null;
        var next = state with { Identity = WithKeys(moved, (keys, state.Identity.ProtectedKeys)) };
        await (closes is null ? CommitAsync(next) : CommitAsync(WithoutSession(next), news: DisconnectedNews(next)));
        await CloseSessionsAsync(state.Session.Current, closes);
        LogUpdated(services.Logger, GrainKey, next.Identity.Status);
        return Accepted(Key, committed ?? next);
    }

    public async Task<IdentityReply> DeleteAsync(string? ifMatch)
    {
        if (services.Upstream is { } hub)
        {
            return await DeleteUpstreamAsync(hub, ifMatch);
        }

        if (await WhyNotChangeAsync(ifMatch) is { } why)
        {
            return Refused(why);
        }

        if (WhyGatesHold() is { } held)
        {
            await SettledAsync();
            return Refused(held);
        }

        var key = Key;
        if (!key.IsModule)
        {
            await DeleteModulesAsync(key.DeviceId);
        }

        if ((await WhyNotForgetAsync() ?? WhyGatesHold()) is { } untold)
        {
            return Refused(untold);
        }

        var last = head!;
        var news = LifecycleNews(last, isCreated: false);
        await CommitAsync(null, news: news);
        Close(last.Session.Current, SessionCloseReason.Deleted);
        await WrittenAsync(news);
        LogDeleted(services.Logger, GrainKey, last.Identity.GenerationId);
        DeactivateOnIdle();
        return Accepted(key, last);
    }

    public async Task<IdentityReply> CreateModuleAsync(string moduleId, IdentitySpec spec)
    {
        if (services.Upstream is not null)
        {
            return await CreateUpstreamModuleAsync(moduleId, spec);
        }

        if (head is null)
        {
            await SettledAsync();
            return Refused(NotFound());
        }

        if (Key.IsModule || !DeviceKey.TryCreate(Key.DeviceId, moduleId, out var module))
        {
            return Refused(Refusals.Invalid($"'{moduleId}' is no id for a module of {GrainKey}."));
        }

        var modules = await services.Index.ListModulesAsync(module.DeviceId, CancellationToken.None);
        if (modules.Length >= MaxModules && !modules.Any(row => row.Key == module))
        {
            return Refused(new(HubErrorCode.TooManyModulesOnDevice, $"The device {GrainKey} has {MaxModules} modules, the most there may be."));
        }

        return await GrainFactory.GetGrain<IDeviceGrain>(module.ToString()).CreateAsync(spec);
    }

    private async Task<IdentityReply> CreateAsync(DeviceKey key, DeviceState next, TwinChange? twin)
    {
        if (twin is not null)
        {
            switch (TwinMachine.Change(next, twin with { IfMatch = null }, Now()))
            {
                case TwinMove.Moved moved:
                    next = moved.Next;
                    break;
                case TwinMove.Refused refused:
                    return Refused(refused.Why);
            }
        }

        var news = LifecycleNews(next, isCreated: true);
        await CommitAsync(next, news: news);
        LogCreated(services.Logger, GrainKey, next.Identity.GenerationId);
        await WrittenAsync(news);
        return Accepted(key, next);
    }

    private async Task<Refusal?> WhyNotCreateAsync(DeviceKey key)
    {
        if (head is not null)
        {
            await SettledAsync();
            return key.IsModule
                ? new(HubErrorCode.ModuleAlreadyExistsOnDevice, $"The module {key.ModuleId} of device {key.DeviceId} is already registered.")
                : new(HubErrorCode.DeviceAlreadyExists, $"The device {key.DeviceId} is already registered.");
        }

        if (!key.IsModule || !DeviceKey.TryCreate(key.DeviceId, null, out var device))
        {
            return null;
        }

        return await services.Reader.ReadAsync(device, CancellationToken.None) is null ? Refusals.NotFound(key.DeviceId) : null;
    }

    private async Task<Refusal?> WhyNotChangeAsync(string? ifMatch)
    {
        var why = head is null ? NotFound()
            : ETags.Matches(ifMatch, ETags.Identity(head.Identity)) ? null
            : Refusals.Changed($"The etag of {GrainKey} is {ETags.Identity(head.Identity)} by now; read it again.");
        if (why is not null)
        {
            await SettledAsync();
        }

        return why;
    }

    // The modules go first: a crash in between leaves a device that can be deleted again, never a module of no device.
    private async Task DeleteModulesAsync(string deviceId)
    {
        foreach (var row in await services.Index.ListModulesAsync(deviceId, CancellationToken.None))
        {
            await GrainFactory.GetGrain<IDeviceGrain>(row.Key.ToString()).DeleteAsync(null);
        }
    }

    // Whoever opened a gate is told of the end by this row: without it a plant waits for ever.
    private Refusal? WhyGatesHold() => UpdateOf(head)?.Gates is { } gates
        ? new(HubErrorCode.ServiceUnavailable, $"The update of {GrainKey} has gates that were asked for ({string.Join(", ", gates.Select(static gate => gate.Name))}). Cancel it, or let it end, and try again once they are closed.")
        : null;

    // Feedback that stands in the row alone would go with it.
    private async Task<Refusal?> WhyNotForgetAsync()
    {
        for (var tries = 0; tries < MaxTriesToTell && !IsAllTold; tries++)
        {
            // Calls that interleave may bring about more meanwhile.
            await SettledAsync();
            if (UnsentFeedback.Length > 0)
            {
                await SendFeedbackAsync();
            }
        }

        return IsAllTold
            ? null
            : new(HubErrorCode.ServiceUnavailable, $"Feedback of messages to {GrainKey} cannot be delivered now, and would be lost with it. Try again later.");
    }

    private bool IsAllTold => ReferenceEquals(head, committed) && !IsBroken && UnsentFeedback.Length == 0;

    private IdentityState WithKeys(IdentityMove.Moved moved, (SymmetricKeys? Keys, byte[]? Protected)? before) => moved.Next with
    {
        ProtectedKeys = before is { } old && ReferenceEquals(old.Keys, moved.Keys) ? old.Protected : moved.Keys?.Protect(services.Secrets),
    };

    private IdentityReply.Accepted Accepted(DeviceKey key, DeviceState state) => new(IdentityDocument.From(key, services.Shown(state), services.Secrets));

    private static IdentityReply.Refused Refused(Refusal why) => new(why);
}
