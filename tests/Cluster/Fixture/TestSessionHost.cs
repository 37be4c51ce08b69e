using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.CloudToDevice;
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

    public Task<MessagesTaken> PushMessagesAsync(SessionRef session, ImmutableArray<LockedMessage> messages)
    {
        if (sessions.Find(session) is not { } found)
        {
            return Task.FromResult(new MessagesTaken(SessionDelivery.Gone, 0));
        }

        var taken = Math.Min(messages.Length, found.Room);
        found.Room -= taken;
        found.Lent(messages.Take(taken));
        return Task.FromResult(new MessagesTaken(taken < messages.Length ? SessionDelivery.QueueFull : SessionDelivery.Accepted, taken));
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

    private readonly System.Threading.Channels.Channel<LockedMessage> lent = System.Threading.Channels.Channel.CreateUnbounded<LockedMessage>();

    public long ConnectionId { get; } = connectionId;

    public Task<SessionCloseReason> Closed => closed.Task;

    /// <summary>Until it completes, the device does not answer.</summary>
    public Func<MethodCall, Task> Answering { get; set; } = _ => Task.CompletedTask;

    public ValueTask<DesiredChange> NextPushAsync(CancellationToken cancellationToken) => pushed.Reader.ReadAsync(cancellationToken);

    /// <summary>How many more messages it takes.</summary>
    public int Room { get; set; } = int.MaxValue;

    public ValueTask<LockedMessage> NextMessageAsync(CancellationToken cancellationToken) => lent.Reader.ReadAsync(cancellationToken);

    public int Waiting => lent.Reader.Count;

    internal void Lent(IEnumerable<LockedMessage> messages)
    {
        foreach (var message in messages)
        {
            lent.Writer.TryWrite(message);
        }
    }

    public bool HasPush => pushed.Reader.TryPeek(out _);

    internal void Pushed(DesiredChange change) => pushed.Writer.TryWrite(change);

    internal void Close(SessionCloseReason reason) => closed.TrySetResult(reason);
}
