using Amqp;

namespace Muster.Amqp;

/// <summary>
/// A message from a client. Settled once, from any thread; the first word counts. One that the client sent settled is settled here all the same.
/// </summary>
internal abstract class IncomingMessage(Message message, int size)
{
    private int settled;

    /// <summary>Sections and body. Read ids by <see cref="MessageId"/> and <see cref="CorrelationId"/>: the library's own properties throw on uuids.</summary>
    public Message Message { get; } = message;

    /// <summary>Encoded bytes, all sections.</summary>
    public int Size { get; } = size;

    /// <summary>String, ulong, Guid, byte[] or null; put it back as it is where it has to be echoed.</summary>
    public object? MessageId => Message.Properties?.GetMessageId();

    /// <inheritdoc cref="MessageId"/>
    public object? CorrelationId => Message.Properties?.GetCorrelationId();

    /// <summary>It is durable.</summary>
    public void Accept()
    {
        if (Interlocked.Exchange(ref settled, 1) == 0)
        {
            Settle(DeliveryOutcome.Accepted, null);
        }
    }

    /// <summary>It is not wanted, whoever sends it again.</summary>
    public void Reject(LinkError error)
    {
        if (Interlocked.Exchange(ref settled, 1) == 0)
        {
            Settle(DeliveryOutcome.Rejected, error);
        }
    }

    /// <summary>It was not taken, but may be sent again.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref settled, 1) == 0)
        {
            Settle(DeliveryOutcome.Released, null);
        }
    }

    /// <summary>Once; must not throw because the link is gone.</summary>
    protected abstract void Settle(DeliveryOutcome outcome, LinkError? error);
}
