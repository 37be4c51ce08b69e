using Amqp;
using Amqp.Framing;
using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>A link on which the client sends. Counts the credit itself: the library gives it again whatever is still unsettled, and enforces none.</summary>
internal sealed class SinkLink : EngineLink, ISinkPort
{
    /// <summary>Messages that may still come after a detach, beyond the credit, before the connection is ended.</summary>
    private const int Grace = 16;

    private readonly Lock gate = new();
    private readonly IMessageSink handler;
    private readonly int maxMessageSize;
    private readonly FrameGuard guard;
    private readonly Backlog inFlight;
    private readonly int credit;
    private long received;
    private long settled;
    private long granted;
    private long held;
    private bool isOver;
    private int afterEnd;

    public SinkLink(ListenerLink link, Peer peer, LinkRequest request, LinkAnswer.Sink answer, EngineLog log)
        : base(link, peer, request, log)
    {
        (handler, credit, maxMessageSize) = (answer.Handler, answer.Credit, answer.MaxMessageSize);
        (guard, inFlight) = (peer.Transport.Guard, peer.Transport.InFlight);
    }

    public void Attached() => Calls.Run(() => handler.OnAttached(this));

    public override void OnMessage(MessageContext messageContext)
    {
        var message = new LinkMessage(this, messageContext.Message, guard.MessageSize);
        long unsettled;
        lock (gate)
        {
            received++;
            unsettled = received - settled;
            Hold(message.Size);
        }

        if (IsClosed)
        {
            message.Release();
            if (++afterEnd > credit + Grace)
            {
                Peer.Close(new LinkError(LinkConditions.TransferLimitExceeded, "The client sends on a detached link."));
            }
        }
        else if (message.Size > maxMessageSize)
        {
            // Settled too: the library keeps it for as long as its session lives otherwise.
            var error = new LinkError(LinkConditions.MessageSizeExceeded, HubErrorText.Json(413001, $"A message here has at most {maxMessageSize} bytes."));
            message.Reject(error);
            Detach(error);
        }
        else if (unsettled > (2L * credit) + Grace)
        {
            message.Release();
            Detach(new LinkError(LinkConditions.TransferLimitExceeded, "The client sends more than it has credit for."));
        }
        else
        {
            Calls.Run(() => Hand(message));
        }
    }

    public override void OnFlow(FlowContext flowContext)
    {
        // The client may ask for ours to be repeated; nothing rests on it.
    }

    public override void OnDisposition(DispositionContext dispositionContext)
    {
        // The second step of a settlement in two: it was settled with our word.
    }

    protected override void OnOpened()
    {
        lock (gate)
        {
            Grant(isForced: true);
        }
    }

    protected override void CallClosed()
    {
        // What its handler never settles is not to hold up the connection's other links.
        lock (gate)
        {
            Hold(-held);
            isOver = true;
        }

        handler.OnClosed();
    }

    // Under the gate.
    private void Hold(long bytes)
    {
        if (isOver)
        {
            return;
        }

        held += bytes;
        if (bytes > 0)
        {
            inFlight.Add(bytes);
        }
        else
        {
            inFlight.Remove(-bytes);
        }
    }

    private void Hand(LinkMessage message)
    {
        try
        {
            handler.OnMessage(message);
        }
        catch
        {
            // The link ends of it, and nobody would settle the message.
            message.Release();
            throw;
        }
    }

    private void Settle(Message message, int size, DeliveryOutcome outcome, LinkError? error)
    {
        DeliveryState state = outcome switch
        {
            DeliveryOutcome.Accepted => new Accepted(),
            DeliveryOutcome.Released => new Released(),
            _ => new Rejected { Error = error?.ToAmqp() },
        };
        try
        {
            Link.DisposeMessage(message, state, settled: true);
        }
        catch (Exception e) when (EngineErrors.MeansClosed(e))
        {
            // The client is gone, and sends it again if it wants to.
        }

        message.Dispose();
        lock (gate)
        {
            settled++;
            Hold(-size);
            Grant(isForced: false);
        }
    }

    // Credit goes out in halves, so that not every message costs a flow.
    private void Grant(bool isForced)
    {
        var limit = settled + credit;
        if (!IsOpen || (!isForced && limit - granted < Math.Max(1, credit / 2)))
        {
            return;
        }

        try
        {
            Link.SetCredit((int)Math.Max(0, limit - received), drain: false, autoRestore: false);
            granted = limit;
        }
        catch (Exception e) when (EngineErrors.MeansClosed(e))
        {
            // No more messages come.
        }
    }

    private sealed class LinkMessage(SinkLink link, Message message, int size) : IncomingMessage(message, size)
    {
        protected override void Settle(DeliveryOutcome outcome, LinkError? error) => link.Settle(Message, Size, outcome, error);
    }
}
