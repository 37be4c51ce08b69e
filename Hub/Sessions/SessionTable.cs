using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Muster.Sessions;

/// <summary>The silo's sessions by connection id. Thread-safe.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<long, ISession> sessions = new();
    private long lastConnectionId;
    private int ending;

    public int Count => sessions.Count;

    /// <summary>Sessions that left the table but whose grain has not been told yet.</summary>
    public int Ending => Volatile.Read(ref ending);

    public long NextConnectionId() => Interlocked.Increment(ref lastConnectionId);

    /// <summary>Before the grain hears of the session, so that it can never be told of one that is not there.</summary>
    public void Add(ISession session) => sessions[session.ConnectionId] = session;

    /// <summary>Takes the session out; <see cref="Ended"/> is to follow.</summary>
    public void BeginEnd(ISession session)
    {
        Interlocked.Increment(ref ending);
        sessions.TryRemove(session.ConnectionId, out _);
    }

    public void Ended() => Interlocked.Decrement(ref ending);

    public bool TryFind(SessionRef reference, [NotNullWhen(true)] out ISession? session) =>
        sessions.TryGetValue(reference.ConnectionId, out session);

    /// <summary>All that are there now; sessions may come and go meanwhile.</summary>
    public IEnumerable<ISession> Snapshot() => sessions.Select(static entry => entry.Value);
}
