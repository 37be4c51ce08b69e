namespace Muster.Amqp;

/// <summary>
/// Takes what a client sends on one link. Called on the connection's read loop, one call at a time: must not block. An exception ends the link with
/// amqp:internal-error and leaves the connection alone.
/// </summary>
internal interface IMessageSink
{
    /// <summary>The first call, before the client learns of the attach.</summary>
    void OnAttached(ISinkPort port);

    /// <summary>Every message has to be settled, here or later, from any thread. The message's buffers live until then.</summary>
    void OnMessage(IncomingMessage message);

    /// <summary>The last call, once: the link is gone, whoever ended it, or never came to be. What is not settled yet is settled in vain.</summary>
    void OnClosed();
}

/// <summary>
/// Sends to a client on one link. Called on the connection's read loop, one call at a time (a settlement also as the link goes): must not block. An
/// exception ends the link with amqp:internal-error and leaves the connection alone.
/// </summary>
internal interface IMessageSource
{
    /// <summary>The first call. There is no credit yet.</summary>
    void OnAttached(ISourcePort port);

    /// <summary>The client said how many it takes: look at <see cref="ISourcePort.Room"/> and <see cref="ISourcePort.IsDraining"/>.</summary>
    void OnCredit();

    /// <summary>The client's word on a delivery that was not sent settled, once. On the link's end what is left comes as Released, before it.</summary>
    /// <param name="tag">What the delivery was sent with.</param>
    /// <param name="outcome">Accepted, released or rejected; modified counts as released.</param>
    void OnSettled(object? tag, DeliveryOutcome outcome);

    /// <summary>The last call, once: the link is gone, whoever ended it, or never came to be.</summary>
    void OnClosed();
}

/// <summary>What became of a delivery.</summary>
internal enum DeliveryOutcome
{
    Accepted = 0,
    Released = 1,
    Rejected = 2,
}
