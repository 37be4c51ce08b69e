using Muster.Devices;

namespace Muster.Sessions;

/// <summary>Who a device's session is. Pure. An epoch is given out once, so an older session can neither replace nor end a newer one.</summary>
internal static class SessionMachine
{
    /// <summary>The newcomer takes over; what it replaces is the caller's to close. Unchanged if it is the current session already.</summary>
    internal static SessionTakeover Attach(SessionState session, AttachRequest request, DateTimeOffset now)
    {
        if (session.Current is { } same && same.Silo.Equals(request.Silo) && same.ConnectionId == request.ConnectionId)
        {
            // Asked again because the first answer got lost: nothing was delivered in between.
            return new SessionTakeover(session, same, null, session.Subscriptions != SessionSubscriptions.None);
        }

        var keeps = session.Persistent && !request.CleanSession;
        var current = new SessionRef(request.Silo, request.ConnectionId, session.Epoch + 1);
        var next = new SessionState
        {
            Current = current,
            Epoch = current.Epoch,
            Subscriptions = keeps ? session.Subscriptions : SessionSubscriptions.None,
            Persistent = !request.CleanSession,
            ChangedAt = now,
        };
        return new SessionTakeover(next, current, session.Current, keeps);
    }

    /// <summary>The session ended; unchanged unless it is the current one.</summary>
    internal static SessionState Detach(SessionState session, SessionRef ended, DateTimeOffset now) =>
        session.Current != ended
            ? session
            : session with
            {
                Current = null,
                Subscriptions = session.Persistent ? session.Subscriptions : SessionSubscriptions.None,
                ChangedAt = now,
            };

    /// <summary>What the session listens to; unchanged unless it is the current one.</summary>
    internal static SessionState Subscribe(SessionState session, SessionRef from, SessionSubscriptions subscriptions) =>
        session.Current != from || session.Subscriptions == subscriptions ? session : session with { Subscriptions = subscriptions };
}

/// <param name="Next">The state to be stored.</param>
/// <param name="Current">The new session.</param>
/// <param name="Replaced">The session that is to be closed; null if there was none.</param>
/// <param name="SessionPresent">True if subscriptions were taken over.</param>
internal readonly record struct SessionTakeover(SessionState Next, SessionRef Current, SessionRef? Replaced, bool SessionPresent);
