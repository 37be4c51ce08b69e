using Amqp;

namespace Muster.Amqp;

/// <summary>A link as its handler sees it. Thread-safe; nothing here blocks or throws because the link is gone.</summary>
internal interface ILinkPort
{
    LinkRequest Request { get; }

    /// <summary>True from the first sign of the end on.</summary>
    bool IsClosed { get; }

    /// <summary>Ends the link; with an error, or without one as a clean close. Idempotent.</summary>
    void Detach(LinkError? error);
}

/// <summary>The hub's end of a link from the client.</summary>
internal interface ISinkPort : ILinkPort;

/// <summary>The hub's end of a link to the client.</summary>
internal interface ISourcePort : ILinkPort
{
    /// <summary>
    /// Deliveries that the client has room for now. A loop that sends stops at 0 and goes on at the next <see cref="IMessageSource.OnCredit"/>.
    /// </summary>
    int Room { get; }

    /// <summary>The client wants its credit used up or given back: send what there is, then call <see cref="CompleteDrain"/>.</summary>
    bool IsDraining { get; }

    /// <summary>Sends bytes that are a whole encoded message. False: no room, or the link is gone; nothing was sent.</summary>
    /// <param name="encoded">Copied before the call returns.</param>
    /// <param name="tag">Comes back in <see cref="IMessageSource.OnSettled"/>.</param>
    bool TrySend(ReadOnlySpan<byte> encoded, object? tag = null);

    /// <summary>The same without a copy: the bytes must not change any more.</summary>
    bool TrySend(byte[] encoded, object? tag = null);

    /// <summary>Encodes and sends. The message must not be used again.</summary>
    bool TrySend(Message message, object? tag = null);

    /// <summary>There is nothing more to send: the rest of the credit is given back. Nothing happens while the client does not drain.</summary>
    void CompleteDrain();

    /// <summary>
    /// Completes once the connection has room for more bytes, or has ended. What reads ahead awaits it before each send, so that a client that
    /// grants much and reads nothing costs at most 1 MiB.
    /// </summary>
    ValueTask WaitForRoomAsync();
}
