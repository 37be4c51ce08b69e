namespace Muster.Amqp;

/// <summary>
/// An address that answers requests, such as <c>$cbs</c> or <c>$management</c>: the client sends on one link and receives on another of the same
/// address. Register it with a <see cref="RequestRoute"/>.
/// </summary>
internal interface IRequestNode
{
    /// <summary>What a link to this node has to prove; null: the address is not this node's.</summary>
    LinkClaim? Match(LinkRequest request);

    /// <summary>Answer now or later, from any thread. On the read loop: must not block. What is never answered holds the client's credit.</summary>
    void OnRequest(NodeRequest request);
}
