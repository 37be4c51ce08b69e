using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.CloudToDevice;
using Muster.Methods;
using Muster.Twins;

namespace Muster.Sessions;

/// <summary>Hands what the cluster has for a device to its session on this silo. Enqueues only: one thread serves all of a silo's sessions here.</summary>
internal sealed class SessionHost(GrainId id, Silo silo, ILoggerFactory loggers, SessionTable table)
    : GrainService(id, silo, loggers), ISessionHost
{
    public Task<MethodReply?> InvokeMethodAsync(SessionRef session, MethodCall call) =>
        table.TryFind(session, out var found) && found.Epoch == session.Epoch ? found.InvokeMethodAsync(call) : InvokeWhenFoundAsync(session, call);

    public async Task<SessionDelivery> PushDesiredAsync(SessionRef session, DesiredChange change) =>
        await FindAsync(session) is { } found ? found.PushDesired(change) : SessionDelivery.Gone;

    public async Task<MessagesTaken> PushMessagesAsync(SessionRef session, ImmutableArray<LockedMessage> messages) =>
        await FindAsync(session) is { } found ? found.PushMessages(messages) : new MessagesTaken(SessionDelivery.Gone, 0);

    public async Task CloseAsync(SessionRef session, SessionCloseReason reason)
    {
        var found = await FindAsync(session);
        found?.Close(reason switch
        {
            SessionCloseReason.ReplacedByNewer => SessionEnd.Replaced,
            SessionCloseReason.Deleted => SessionEnd.Deleted,
            SessionCloseReason.ChangeMissed => SessionEnd.ChangeMissed,
            _ => SessionEnd.AccessLost,
        });
    }

    private async Task<MethodReply?> InvokeWhenFoundAsync(SessionRef session, MethodCall call) =>
        await FindAsync(session) is { } found ? await found.InvokeMethodAsync(call) : null;

    private async ValueTask<ISession?> FindAsync(SessionRef reference)
    {
        if (!table.TryFind(reference, out var session))
        {
            return null;
        }

        // The grain may speak of a session before its answer to the attach has come back here.
        if (session.Epoch == 0)
        {
            await session.WhenAttached;
        }

        return session.Epoch == reference.Epoch ? session : null;
    }
}
