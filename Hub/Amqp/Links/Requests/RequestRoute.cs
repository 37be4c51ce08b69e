namespace Muster.Amqp;

/// <summary>Leads both links of a request/response pair to a node.</summary>
internal sealed class RequestRoute(IRequestNode node) : ILinkRoute
{
    private const int Credit = 32;
    private const int MaxRequestSize = 64 * 1024;

    public LinkPlan? Match(LinkRequest request) => node.Match(request) is { } claim
        ? new LinkPlan(claim, grant => ValueTask.FromResult(Open(request, grant)))
        : null;

    private LinkAnswer Open(LinkRequest request, LinkGrant grant)
    {
        var replies = request.Peer.Share(node, static () => new ReplyLinks());
        return request.Direction == LinkDirection.FromClient
            ? new LinkAnswer.Sink(new Requests(node, grant, replies), Credit, MaxRequestSize)
            : new LinkAnswer.Source(new ReplyLink(replies)) { SendsSettled = true };
    }

    private sealed class Requests(IRequestNode node, LinkGrant grant, ReplyLinks replies) : IMessageSink
    {
        private ISinkPort? port;

        public void OnAttached(ISinkPort port) => this.port = port;

        public void OnMessage(IncomingMessage message) =>
            node.OnRequest(new NodeRequest(port!.Request.Peer, grant, message, replies, port.Request.Session));

        public void OnClosed()
        {
        }
    }
}
