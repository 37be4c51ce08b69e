using Amqp;
using Amqp.Framing;
using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>
/// A link on which the client receives. Credit comes from the flow frames themselves, as the guard read them, and what is sent is counted here: the
/// library loses credit on a flow that repeats the last one, and does not check it at all.
/// </summary>
internal sealed class SourceLink(ListenerLink link, Peer peer, LinkRequest request, LinkAnswer.Source answer, EngineLog log)
    : EngineLink(link, peer, request, log), ISourcePort
{
    private readonly Lock gate = new();
    private readonly IMessageSource handler = answer.Handler;
    private readonly bool sendsSettled = answer.SendsSettled;
    private readonly FrameGuard guard = peer.Transport.Guard;
    private readonly Backlog backlog = peer.Transport.Backlog;
    private readonly List<ByteBuffer> late = [];
    private readonly HashSet<SentMessage> unsettled = [];
    private uint limit;
    private uint sent;
    private int unsettledBytes;
    private bool isDraining;
    private bool isFull;
    private int pruneAt = 16;

    public int Room
    {
        get
        {
            lock (gate)
            {
                return RoomNow();
            }
        }
    }

    public bool IsDraining
    {
        get
        {
            lock (gate)
            {
                return isDraining;
            }
        }
    }

    public void Attached() => Calls.Run(() => handler.OnAttached(this));

    public bool TrySend(ReadOnlySpan<byte> encoded, object? tag = null) => TrySend(encoded.ToArray(), tag);

    // The library reads the bytes of a buffer that has no room reserved, and writes none.
    public bool TrySend(byte[] encoded, object? tag = null) => Send(new ByteBuffer(encoded, 0, encoded.Length, encoded.Length), tag);

    public bool TrySend(Message message, object? tag = null) => Send(message.Encode(), tag);

    public void CompleteDrain()
    {
        lock (gate)
        {
            var left = unchecked((int)(limit - sent));
            if (!isDraining || !IsOpen || left < 0)
            {
                return;
            }

            isDraining = false;
            sent = limit;
            try
            {
                // The library may have lost the credit that it is to give back, and does not say that it answers a drain. The transport keeps
                // the first of these flows to itself.
                Link.SetCredit(left, drain: true, autoRestore: false);
                Link.CompleteDrain();
                Link.SetCredit(0, drain: true, autoRestore: false);
            }
            catch (Exception e) when (EngineErrors.MeansClosed(e))
            {
                // Nobody waits for it.
            }
        }
    }

    public ValueTask WaitForRoomAsync() => backlog.WaitAsync();

    // Runs on the thread that has just read the flow.
    public override void OnFlow(FlowContext flowContext)
    {
        lock (gate)
        {
            (limit, isDraining) = (guard.FlowLimit, guard.FlowDrains);
        }

        Calls.Run(CallCredit);
    }

    public override void OnDisposition(DispositionContext dispositionContext)
    {
        if (sendsSettled || dispositionContext.Message is not SentMessage message || Outcome(dispositionContext) is not { } outcome)
        {
            return;
        }

        if (IsClosed || Link.IsClosed)
        {
            // The library gives back what was not settled, and holds its locks meanwhile. What it was just writing it calls rejected where the link ends
            // with an error: the client said nothing of it.
            var last = outcome == DeliveryOutcome.Rejected ? DeliveryOutcome.Released : outcome;
            Calls.RunLater(() => End(message, last));
            return;
        }

        // From the client.
        var (state, isSettled) = (dispositionContext.DeliveryState, dispositionContext.Settled);
        Calls.Run(() => OnWord(message, outcome, isSettled ? null : state));
    }

    protected override void OnOpened()
    {
    }

    protected override void CallClosed()
    {
        SentMessage[] left;
        lock (gate)
        {
            left = [.. unsettled];

            // What the library had not written yet never will be.
            late.ForEach(buffer => backlog.Remove(buffer.Length));
            late.Clear();
        }

        // Each behind this one, so that a fault of one keeps none of the others.
        foreach (var message in left)
        {
            Calls.Run(() => End(message, DeliveryOutcome.Released));
        }

        Calls.Run(handler.OnClosed);
    }

    private void OnWord(SentMessage message, DeliveryOutcome outcome, DeliveryState? toConfirm)
    {
        if (!End(message, outcome))
        {
            return;
        }

        if (toConfirm is not null)
        {
            Confirm(message, toConfirm);
        }

        if (HasRoomAgain())
        {
            CallCredit();
        }
    }

    private static DeliveryOutcome? Outcome(DispositionContext disposition) => disposition.DeliveryState switch
    {
        Accepted => DeliveryOutcome.Accepted,
        Rejected => DeliveryOutcome.Rejected,
        Released or Modified => DeliveryOutcome.Released,
        _ => disposition.Settled ? DeliveryOutcome.Released : null,
    };

    private void CallCredit()
    {
        if (IsOpen)
        {
            handler.OnCredit();
        }
    }

    private void Confirm(SentMessage message, DeliveryState state)
    {
        try
        {
            Link.DisposeMessage(message, state, settled: true);
        }
        catch (Exception e) when (EngineErrors.MeansClosed(e))
        {
            // The client has said its word.
        }
    }

    // Whoever comes first has the word, and after the last call none is left.
    private bool End(SentMessage message, DeliveryOutcome outcome)
    {
        lock (gate)
        {
            if (!unsettled.Remove(message))
            {
                return false;
            }

            unsettledBytes -= message.Size;
        }

        handler.OnSettled(message.Tag, outcome);
        return true;
    }

    /// <summary>True if the client had too much unsettled, and has not any more.</summary>
    private bool HasRoomAgain()
    {
        lock (gate)
        {
            var hasRoomAgain = isFull && unsettled.Count <= AmqpLimits.MaxUnsettled / 2 && unsettledBytes <= AmqpLimits.MaxUnsettledBytes / 2;
            isFull &= !hasRoomAgain;
            return hasRoomAgain;
        }
    }

    private int RoomNow()
    {
        if (!IsOpen)
        {
            return 0;
        }

        if (unsettled.Count >= AmqpLimits.MaxUnsettled || unsettledBytes >= AmqpLimits.MaxUnsettledBytes)
        {
            isFull = true;
            return 0;
        }

        return Math.Max(0, unchecked((int)(limit - sent)));
    }

    private bool Send(ByteBuffer bytes, object? tag)
    {
        lock (gate)
        {
            if (RoomNow() == 0)
            {
                return false;
            }

            var message = new SentMessage(tag, bytes.Length);
            backlog.Add(message.Size);
            if (!sendsSettled)
            {
                unsettled.Add(message);
                unsettledBytes += message.Size;
            }

            try
            {
                Link.SendMessage(message, bytes);
            }
            catch (Exception e) when (EngineErrors.MeansClosed(e))
            {
                backlog.Remove(message.Size);
                if (unsettled.Remove(message))
                {
                    unsettledBytes -= message.Size;
                }

                return false;
            }

            sent = unchecked(sent + 1);
            KeepUnwritten(bytes);
            return true;
        }
    }

    // The client's session window is shut: the library keeps the rest until it opens.
    private void KeepUnwritten(ByteBuffer bytes)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        if (late.Count >= pruneAt)
        {
            late.RemoveAll(static buffer => buffer.Length == 0);
            pruneAt = Math.Max(16, 2 * late.Count);
        }

        late.Add(bytes);
    }

    // A message of its own for each delivery: the library keeps the delivery in it.
    private sealed class SentMessage(object? tag, int size) : Message
    {
        public object? Tag { get; } = tag;

        public int Size { get; } = size;
    }
}
