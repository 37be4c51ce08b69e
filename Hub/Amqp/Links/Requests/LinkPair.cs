namespace Muster.Amqp;

/// <summary>
/// The two links of one conversation, found by <c>com.microsoft:channel-correlation-id</c>, or by the address where a client sends none: the twin and the
/// methods of a device. Whoever opens the links puts them here as they attach and takes them out as they close. Thread-safe.
/// </summary>
internal sealed class LinkPair
{
    private ISinkPort? sink;
    private ISourcePort? source;

    /// <summary>On which the client sends; null while it is not attached.</summary>
    public ISinkPort? Sink
    {
        get => Volatile.Read(ref sink);
        set => Volatile.Write(ref sink, value);
    }

    /// <summary>On which the client receives; null while it is not attached.</summary>
    public ISourcePort? Source
    {
        get => Volatile.Read(ref source);
        set => Volatile.Write(ref source, value);
    }

    /// <summary>The pair that the link belongs to; the same for both of its links.</summary>
    public static LinkPair For(LinkRequest request) => request.Peer.Share(KeyOf(request), static () => new LinkPair());

    /// <summary>Takes a closed link out; the pair is forgotten with its second one.</summary>
    public void Remove(ILinkPort link)
    {
        Interlocked.CompareExchange(ref sink, null, link as ISinkPort);
        Interlocked.CompareExchange(ref source, null, link as ISourcePort);
        if (Sink is null && Source is null)
        {
            link.Request.Peer.Unshare(KeyOf(link.Request));
        }
    }

    private static PairKey KeyOf(LinkRequest request) =>
        new(request.CorrelationId ?? string.Join('/', request.Address.Segments).ToUpperInvariant());

    private sealed record PairKey(string Name);
}
