using Amqp.Framing;
using Muster.Calls;

namespace Muster.Amqp;

/// <summary><c>$cbs</c>: a connection's tokens, one per audience, each replaced by the next.</summary>
internal sealed class CbsNode(TokenCheck check, EngineLog log) : IRequestNode
{
    private const int MaxAudience = 1024;

    public LinkClaim? Match(LinkRequest request) => request.Address.Is("$cbs") ? LinkClaim.Nothing.Instance : null;

    public void OnRequest(NodeRequest request) => _ = AnswerAsync(request);

    private async Task AnswerAsync(NodeRequest request)
    {
        var peer = (Peer)request.Peer;
        try
        {
            await PutTokenAsync(peer, request);
        }
        catch (Exception e)
        {
            // SDKs take every refusal for a wrong token and give up; a closed connection they make again.
            log.CheckFailed(peer.ConnectionId, e);
            peer.Close(new LinkError(LinkConditions.ConnectionForced, CallFaults.IsTransient(e) ? "Try again soon." : "The token could not be checked."));
        }
    }

    private async Task PutTokenAsync(Peer peer, NodeRequest request)
    {
        if (request.Property("operation") is not "put-token")
        {
            request.Reply(501, "This node puts tokens, and does nothing else.", condition: LinkConditions.NotImplemented);
            return;
        }

        if (request.Property("name") is not { Length: > 0 and <= MaxAudience } audience)
        {
            request.Reply(400, "The request names no audience.", condition: LinkConditions.NotAllowed);
            return;
        }

        var token = (request.Message.BodySection as AmqpValue)?.Value as string;
        if (await check.AdmitAsync(peer.Tokens, audience, token) is { } why)
        {
            request.Reply(why.HttpStatus is 429 ? 429 : 401, why.Message, condition: LinkConditions.For(why.Code));
            return;
        }

        peer.Proved();
        peer.TokensChanged();
        request.Reply(200, "OK");
    }
}
