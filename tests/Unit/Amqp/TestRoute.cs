using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Muster.Amqp;

/// <summary>A room of the tests: addresses under <c>test</c>, whatever the test wants behind them.</summary>
internal sealed class TestRoute(LinkClaim claim, Func<LinkRequest, ValueTask<LinkAnswer>> open) : ILinkRoute
{
    public ConcurrentQueue<LinkRequest> Seen { get; } = new();

    public static TestRoute Open(Func<LinkRequest, LinkAnswer> open) => new(LinkClaim.Nothing.Instance, request => ValueTask.FromResult(open(request)));

    public LinkPlan? Match(LinkRequest request)
    {
        Seen.Enqueue(request);
        return request.Address.Segments is ["test", ..] ? new LinkPlan(claim, _ => open(request)) : null;
    }
}

/// <summary>Keeps what it is told, for a test to read in turn.</summary>
internal sealed class TestSink(Action<IncomingMessage>? onMessage = null) : IMessageSink
{
    private readonly Channel<IncomingMessage> messages = Channel.CreateUnbounded<IncomingMessage>();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int closes;
    private int received;

    public ISinkPort? Port { get; private set; }

    public int Received => Volatile.Read(ref received);

    public int Closes => Volatile.Read(ref closes);

    public Task Closed => closed.Task;

    public void OnAttached(ISinkPort port) => Port = port;

    public void OnMessage(IncomingMessage message)
    {
        Interlocked.Increment(ref received);
        onMessage?.Invoke(message);
        messages.Writer.TryWrite(message);
    }

    public void OnClosed()
    {
        Interlocked.Increment(ref closes);
        closed.TrySetResult();
    }

    public ValueTask<IncomingMessage> NextAsync(CancellationToken cancellationToken) => messages.Reader.ReadAsync(cancellationToken);
}

/// <summary>The same for a link to the client.</summary>
internal sealed class TestSource(Action<ISourcePort>? onCredit = null) : IMessageSource
{
    private readonly Channel<(object? Tag, DeliveryOutcome Outcome)> settled = Channel.CreateUnbounded<(object?, DeliveryOutcome)>();
    private readonly Channel<int> credits = Channel.CreateUnbounded<int>();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int closes;

    public ISourcePort? Port { get; private set; }

    public int Closes => Volatile.Read(ref closes);

    public Task Closed => closed.Task;

    /// <summary>Outcomes, and null for the end, in their order.</summary>
    public ConcurrentQueue<DeliveryOutcome?> Told { get; } = new();

    public void OnAttached(ISourcePort port) => Port = port;

    public void OnCredit()
    {
        credits.Writer.TryWrite(Port!.Room);
        onCredit?.Invoke(Port);
    }

    public void OnSettled(object? tag, DeliveryOutcome outcome)
    {
        Told.Enqueue(outcome);
        settled.Writer.TryWrite((tag, outcome));
    }

    public void OnClosed()
    {
        Told.Enqueue(null);
        Interlocked.Increment(ref closes);
        closed.TrySetResult();
    }

    /// <summary>The room as it stood at the next call of <see cref="OnCredit"/>.</summary>
    public ValueTask<int> NextCreditAsync(CancellationToken cancellationToken) => credits.Reader.ReadAsync(cancellationToken);

    public ValueTask<(object? Tag, DeliveryOutcome Outcome)> NextSettledAsync(CancellationToken cancellationToken) => settled.Reader.ReadAsync(cancellationToken);
}
