using System.Globalization;
using Muster.Errors;
using Muster.Updates;
using Muster.Sessions;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public async Task<AttachReply> AttachAsync(AttachRequest request)
    {
        var plan = await PrepareUpdateAsync();
        if (WhyNotAttach(request) is { } no)
        {
            await SettledAsync();
            return no;
        }

        var state = head!;
        var now = Now();
        var (next, current, replaced, present) = SessionMachine.Attach(state.Session, request, now);
        await (ReferenceEquals(next, state.Session)
            ? SettledAsync()
            : CommitAsync(
                WithUpdate(state with { Session = next, ModelId = request.ModelId, LastActivityAt = now }, plan, new UpdateSignal.Seen()), news: ConnectionNews(state, current.Epoch, isConnected: true)));
        Close(replaced, SessionCloseReason.ReplacedByNewer);
        if (await WhyNotAfterAllAsync() is { } tooLate)
        {
            await DetachAsync(current);
            return tooLate;
        }

        services.Instruments.OnAttached();
        LogAttached(services.Logger, GrainKey, current.Epoch);
        return new AttachReply.Attached(
            current, present, next.Subscriptions, state.Identity.GenerationId.ToString("D18", CultureInfo.InvariantCulture), state.Desired.Version);
    }

    public Task DetachAsync(SessionRef session)
    {
        if (head is not { } state || SessionMachine.Detach(state.Session, session, Now()) is var next && ReferenceEquals(next, state.Session))
        {
            return SettledAsync();
        }

        return CommitAsync(state with { Session = next }, news: DisconnectedNews(state));
    }

    public async Task<bool> SetSubscriptionsAsync(SessionRef session, SessionSubscriptions subscriptions)
    {
        if (head is not { } state || state.Session.Current != session)
        {
            await SettledAsync();
            return false;
        }

        var next = SessionMachine.Subscribe(state.Session, session, subscriptions);
        await (ReferenceEquals(next, state.Session) ? SettledAsync() : CommitAsync(state with { Session = next }));
        return true;
    }

    public ValueTask<SessionStanding> ResumeAsync(SessionRef session)
    {
        var state = Committed;
        var isCurrent = (head ?? state)?.Session.Current == session || state?.Session.Current == session;
        PushMessages();
        return ValueTask.FromResult(new SessionStanding(isCurrent, outbox is null ? state?.Desired.Version ?? 0 : 0));
    }

    private AttachReply? WhyNotAttach(AttachRequest request) => head switch
    {
        _ when services.Upstream is not null => new AttachReply.Refused(ConnectsUpstream()),
        null => new AttachReply.Refused(NotFound()),
        { Identity.Status: DeviceStatus.Disabled } => new AttachReply.Refused(new(HubErrorCode.DeviceDisabled, $"The device {GrainKey} is disabled.")),
        { Identity: var identity } when ETags.Identity(identity) != request.IdentityETag => new AttachReply.StaleCredentials(),
        _ => null,
    };

    // A device that is disabled or deleted closes the sessions that its modules have then: one that is stored later has to look for itself.
    private async Task<AttachReply?> WhyNotAfterAllAsync()
    {
        if (!Key.IsModule || !DeviceKey.TryCreate(Key.DeviceId, null, out var device))
        {
            return null;
        }

        return await services.Reader.ReadAsync(device, CancellationToken.None) switch
        {
            null => new AttachReply.Refused(Refusals.NotFound(device.ToString())),
            { Identity.Status: DeviceStatus.Disabled } =>
                new AttachReply.Refused(new(HubErrorCode.DeviceDisabled, $"The device {device} is disabled.")),
            _ => null,
        };
    }

    private DeviceState WithoutSession(DeviceState state) => state.Session.Current is { } session
        ? state with { Session = SessionMachine.Detach(state.Session, session, Now()) }
        : state;

    // A device takes its modules with it: they are refused as long as it is disabled, and its keys open their sessions too.
    private async Task CloseSessionsAsync(SessionRef? session, SessionCloseReason? reason)
    {
        if (reason is not { } why)
        {
            return;
        }

        Close(session, why);
        if (!Key.IsModule)
        {
            foreach (var row in await services.Index.ListModulesAsync(GrainKey, CancellationToken.None))
            {
                Close(row.State.Session.Current, why);
            }
        }
    }

    private void Close(SessionRef? session, SessionCloseReason reason)
    {
        if (session is not null && !services.Sessions.IsDead(session.Silo))
        {
            services.Sessions.At(session.Silo).CloseAsync(session, reason).Ignore();
        }
    }
}
