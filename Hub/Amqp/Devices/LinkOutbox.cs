using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>What waits for a client's credit on one link, in order and within bounds. Thread-safe.</summary>
internal sealed class LinkOutbox(int maxMessages, int maxBytes)
{
    private readonly Lock gate = new();
    private readonly Queue<(byte[] Message, Func<bool>? IsStale)> waiting = new();
    private ISourcePort? port;
    private int waitingBytes;

    /// <summary>Before this, everything waits.</summary>
    public void Open(ISourcePort port)
    {
        lock (gate)
        {
            this.port = port;
        }
    }

    /// <summary>Sends the encoded message, now or as soon as the client takes it.</summary>
    /// <param name="message">A whole encoded message.</param>
    /// <param name="isStale">Asked before a message that had to wait is sent: true if nobody needs it any more. Null: it is always sent.</param>
    public SendResult Send(byte[] message, Func<bool>? isStale = null)
    {
        lock (gate)
        {
            if (port?.IsClosed == true)
            {
                return SendResult.Closed;
            }

            if (waiting.Count >= maxMessages || (waitingBytes > 0 && waitingBytes + message.Length > maxBytes))
            {
                return SendResult.Full;
            }

            if (waiting.Count > 0 || port?.TrySend(message) != true)
            {
                waiting.Enqueue((message, isStale));
                waitingBytes += message.Length;
            }

            return SendResult.Accepted;
        }
    }

    /// <summary>The client has room.</summary>
    public void Flush()
    {
        lock (gate)
        {
            while (waiting.TryPeek(out var next) && (next.IsStale?.Invoke() == true || port?.TrySend(next.Message) == true))
            {
                waiting.Dequeue();
                waitingBytes -= next.Message.Length;
            }
        }
    }
}
