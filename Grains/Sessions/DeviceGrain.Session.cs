using System.Globalization;
using Muster.Errors;
using Muster.Sessions;

namespace Muster.Devices;

internal sealed partial class DeviceGrain
{
    public async Task<AttachReply> AttachAsync(AttachRequest request)
    {
        if (WhyNotAttach(request) is { } no)
        {
            await SettledAsync();
            return no;
        }

        var state = head!;
        var now = Now();
        var (next, current, replaced, present) = SessionMachine.Attach(state.Session, request, now);
        await CommitAsync(state with { Session = next, ModelId = request.ModelId, LastActivityAt = now });
        Close(replaced, SessionCloseReason.ReplacedByNewer);
        services.Instruments.OnAttached();
        LogAttached(services.Logger, GrainKey, current.Epoch);
        return new AttachReply.Attached(
            current, present, next.Subscriptions, state.Identity.GenerationId.ToString("D18", CultureInfo.InvariantCulture));
    }

    public Task DetachAsync(SessionRef session)
    {
        if (head is not { } state || SessionMachine.Detach(state.Session, session, Now()) is var next && ReferenceEquals(next, state.Session))
        {
            return SettledAsync();
        }

        return CommitAsync(state with { Session = next });
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

    private AttachReply? WhyNotAttach(AttachRequest request) => head switch
    {
        null => new AttachReply.Refused(NotFound()),
        { Identity.Status: DeviceStatus.Disabled } => new AttachReply.Refused(new(HubErrorCode.DeviceDisabled, $"The device {GrainKey} is disabled.")),
        { Identity: var identity } when ETags.Identity(identity) != request.IdentityETag => new AttachReply.StaleCredentials(),
        _ => null,
    };

    private DeviceState WithoutSession(DeviceState state) => state.Session.Current is { } session
        ? state with { Session = SessionMachine.Detach(state.Session, session, Now()) }
        : state;

    // A device that may not connect takes its modules with it: they are refused as long as it is disabled.
    private async Task CloseSessionsAsync(SessionRef? session, SessionCloseReason? reason)
    {
        if (reason is not { } why)
        {
            return;
        }

        Close(session, why);
        if (why == SessionCloseReason.Disabled && !Key.IsModule)
        {
            foreach (var row in await services.Index.ListModulesAsync(GrainKey, CancellationToken.None))
            {
                Close(row.State.Session.Current, why);
            }
        }
    }

    private void Close(SessionRef? session, SessionCloseReason reason)
    {
        if (session is not null && services.Sessions.IsAlive(session.Silo))
        {
            services.Sessions.At(session.Silo).CloseAsync(session, reason).Ignore();
        }
    }
}
