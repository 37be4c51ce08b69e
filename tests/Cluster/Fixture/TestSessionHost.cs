using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Muster.Methods;
using Muster.Sessions;
using Muster.Twins;
using Orleans.Runtime;

namespace Muster.Fixture;

/// <summary>A session host without sockets: what it is told is kept per connection, for the test that made it.</summary>
internal sealed class TestSessionHost(GrainId id, Silo silo, ILoggerFactory loggers, TestSessions sessions) : GrainService(id, silo, loggers), ISessionHost
{
    public async Task<MethodReply?> InvokeMethodAsync(SessionRef session, MethodCall call)
    {
        if (sessions.Find(session) is not { } found)
        {
            return null;
        }

        await found.Answering(call);
        return new MethodReply.Answered(200, call.Payload);
    }

    public Task<SessionDelivery> PushDesiredAsync(SessionRef session, DesiredChange change)
    {
        if (sessions.Find(session) is not { } found)
        {
            return Task.FromResult(SessionDelivery.Gone);
        }

        found.Pushed(change);
        return Task.FromResult(SessionDelivery.Accepted);
    }

    public Task CloseAsync(SessionRef session, SessionCloseReason reason)
    {
        sessions.Find(session)?.Close(reason);
        return Task.CompletedTask;
    }
}

/// <summary>The connections of all silos of a cluster.</summary>
internal sealed class TestSessions
{
    private readonly ConcurrentDictionary<long, TestSession> open = new();
    private long lastId;

    public TestSession Open()
    {
        var session = new TestSession(Interlocked.Increment(ref lastId));
        open[session.ConnectionId] = session;
        return session;
    }

    public TestSession? Find(SessionRef session) => open.GetValueOrDefault(session.ConnectionId);

    public void Forget(TestSession session) => open.TryRemove(session.ConnectionId, out _);
}

internal sealed class TestSession(long connectionId)
{
    private readonly TaskCompletionSource<SessionCloseReason> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly System.Threading.Channels.Channel<DesiredChange> pushed = System.Threading.Channels.Channel.CreateUnbounded<DesiredChange>();

    public long ConnectionId { get; } = connectionId;

    public Task<SessionCloseReason> Closed => closed.Task;

    /// <summary>Until it completes, the device does not answer.</summary>
    public Func<MethodCall, Task> Answering { get; set; } = _ => Task.CompletedTask;

    public ValueTask<DesiredChange> NextPushAsync(CancellationToken cancellationToken) => pushed.Reader.ReadAsync(cancellationToken);

    public bool HasPush => pushed.Reader.TryPeek(out _);

    internal void Pushed(DesiredChange change) => pushed.Writer.TryWrite(change);

    internal void Close(SessionCloseReason reason) => closed.TrySetResult(reason);
}
