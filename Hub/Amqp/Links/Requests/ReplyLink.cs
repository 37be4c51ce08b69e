using Amqp;

namespace Muster.Amqp;

/// <summary>A link on which a client gets its answers. They wait for credit, which some clients give only once they wait for an answer.</summary>
internal sealed class ReplyLink(ReplyLinks all) : IMessageSource
{
    private const int MaxWaiting = 64;
    private readonly Lock gate = new();
    private readonly Queue<Message> waiting = new();
    private ISourcePort? port;

    public LinkRequest Request => port!.Request;

    public void OnAttached(ISourcePort port)
    {
        this.port = port;
        if (!all.TryAdd(this))
        {
            port.Detach(new LinkError(LinkConditions.ResourceLimitExceeded, "Too many links for replies."));
        }
    }

    /// <summary>Sends the answer, now or as credit comes. With too many waiting the oldest is forgotten: its asker has given up.</summary>
    public void Send(Message reply)
    {
        lock (gate)
        {
            if (waiting.Count >= MaxWaiting)
            {
                waiting.Dequeue();
            }

            waiting.Enqueue(reply);
            SendWaiting();
        }
    }

    public void OnCredit()
    {
        lock (gate)
        {
            SendWaiting();
            if (port!.IsDraining)
            {
                port.CompleteDrain();
            }
        }
    }

    public void OnSettled(object? tag, DeliveryOutcome outcome)
    {
    }

    public void OnClosed() => all.Remove(this);

    private void SendWaiting()
    {
        while (port!.Room > 0 && waiting.TryDequeue(out var reply))
        {
            port.TrySend(reply);
        }
    }
}
