using Amqp.Framing;
using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>Stands between one link of the library and its handler: no exception passes, no call overlaps, and the end is told once.</summary>
internal abstract class EngineLink : LinkEndpoint, ILinkPort
{
    private readonly Peer peer;
    private readonly EngineLog log;
    private LinkError? refusal;
    private int state;
    private int told;

    protected EngineLink(ListenerLink link, Peer peer, LinkRequest request, EngineLog log)
    {
        (Link, this.peer, Request, this.log) = (link, peer, request, log);
        Calls = new LinkCalls(OnFailure);
    }

    private enum State
    {
        Opening = 0,
        Open = 1,

        /// <summary>Closed before it was open: detached as soon as it is.</summary>
        Refused = 2,
        Closed = 3,
    }

    public LinkRequest Request { get; }

    public bool IsClosed => Volatile.Read(ref state) >= (int)State.Refused;

    protected ListenerLink Link { get; }

    protected Peer Peer => peer;

    protected LinkCalls Calls { get; }

    protected bool IsOpen => Volatile.Read(ref state) == (int)State.Open;

    public void Detach(LinkError? error)
    {
        if (Interlocked.CompareExchange(ref refusal, error, null) is null && Move(State.Opening, State.Refused))
        {
            return;
        }

        if (Move(State.Open, State.Closed))
        {
            CloseLater(error);
        }
    }

    /// <summary>The attach has been answered.</summary>
    public void Opened()
    {
        if (Move(State.Opening, State.Open))
        {
            OnOpened();
        }
        else
        {
            CloseLater(refusal);
        }
    }

    /// <summary>The attach could not be answered: the link was gone first.</summary>
    public void GiveUp() => TellClosed();

    // The library calls this with its locks held, and more than once.
    public sealed override void OnLinkClosed(ListenerLink link, Error error) => TellClosed();

    protected abstract void OnOpened();

    protected abstract void CallClosed();

    private bool Move(State from, State to) => Interlocked.CompareExchange(ref state, (int)to, (int)from) == (int)from;

    private void TellClosed()
    {
        if (Interlocked.Exchange(ref told, 1) == 0)
        {
            Volatile.Write(ref state, (int)State.Closed);
            peer.RemoveLink(this);
            Calls.RunLater(CallClosed);
        }
    }

    private void OnFailure(Exception exception)
    {
        log.HandlerFailed(Request.Address.Text, exception);
        Detach(new LinkError(LinkConditions.InternalError, "The link's handler failed."));
    }

    // Whoever detaches may hold a lock that a handler waits for while the library holds its own.
    private void CloseLater(LinkError? error) => ThreadPool.UnsafeQueueUserWorkItem(
        static close =>
        {
            try
            {
                close.Link.Close(TimeSpan.Zero, close.Error?.ToAmqp());
            }
            catch (Exception e) when (EngineErrors.MeansClosed(e))
            {
                // It is gone already.
            }
        },
        (Link, Error: error), preferLocal: false);
}
