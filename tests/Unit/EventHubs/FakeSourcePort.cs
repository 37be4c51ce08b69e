using System.Collections.Concurrent;
using System.Text;
using Amqp;
using Muster.Amqp;
using Xunit;

namespace Muster.EventHubs;

/// <summary>A link without a connection: keeps what is sent, and has the room that it is told of.</summary>
internal sealed class FakeSourcePort(IMessageSource? source = null, LinkRequest? request = null) : ISourcePort
{
    private readonly ConcurrentQueue<byte[]> sent = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LinkError?> detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int room;

    public LinkRequest Request => request ?? throw new NotSupportedException();

    /// <summary>The last message that was sent as one.</summary>
    internal Message? Last { get; private set; }

    public bool IsClosed => detached.Task.IsCompleted;

    public int Room => Volatile.Read(ref room);

    public bool IsDraining { get; private set; }

    internal IEnumerable<byte[]> Sent => sent;

    internal IEnumerable<Message> Messages => sent.Select(bytes => Message.Decode(new ByteBuffer(bytes, 0, bytes.Length, bytes.Length)));

    internal IEnumerable<string> Bodies => Messages.Select(message => Encoding.UTF8.GetString(message.GetBody<byte[]>()));

    public void Detach(LinkError? error)
    {
        if (detached.TrySetResult(error))
        {
            source?.OnClosed();
        }
    }

    public bool TrySend(ReadOnlySpan<byte> encoded, object? tag = null) => TrySend(encoded.ToArray(), tag);

    public bool TrySend(byte[] encoded, object? tag = null)
    {
        if (IsClosed || Interlocked.Decrement(ref room) < 0)
        {
            Interlocked.Increment(ref room);
            return false;
        }

        sent.Enqueue(encoded);
        return true;
    }

    public bool TrySend(Message message, object? tag = null)
    {
        Last = message;
        return true;
    }

    public void CompleteDrain()
    {
        if (IsDraining)
        {
            drained.TrySetResult();
        }
    }

    public ValueTask WaitForRoomAsync() => ValueTask.CompletedTask;

    internal void Grant(int credit, bool drain = false)
    {
        IsDraining = drain;
        Interlocked.Add(ref room, credit);
        source?.OnCredit();
    }

    internal async Task SentAsync(int count)
    {
        while (sent.Count < count)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    internal Task DrainedAsync() => drained.Task.WaitAsync(TestContext.Current.CancellationToken);

    internal Task<LinkError?> DetachedAsync() => detached.Task.WaitAsync(TestContext.Current.CancellationToken);
}
