using System.Threading.Channels;
using Amqp;
using Amqp.Framing;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>A node that answers requests, such as <c>$cbs</c>: one request at a time.</summary>
internal sealed class WireNode : IAsyncDisposable
{
    private const int Credit = 8;
    private readonly WireDialer dialer;
    private readonly string node;
    private readonly string replyTo;
    private readonly Session session;
    private readonly SenderLink requests;
    private readonly ReceiverLink replies;
    private readonly SemaphoreSlim turn = new(1);
    private readonly Channel<Message> arrived =
        Channel.CreateBounded<Message>(new BoundedChannelOptions(2 * Credit) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private WireNode(WireDialer dialer, string node, string replyTo, Session session, SenderLink requests, ReceiverLink replies)
    {
        (this.dialer, this.node, this.replyTo) = (dialer, node, replyTo);
        (this.session, this.requests, this.replies) = (session, requests, replies);
        replies.AddClosedCallback((_, error) => arrived.Writer.TryComplete(WireErrors.Ended($"The upstream's {node}", error)));
        replies.Start(Credit, (_, answer) => arrived.Writer.TryWrite(answer));
    }

    public static async Task<WireNode> OpenAsync(Connection connection, string node, WireDialer dialer, CancellationToken cancellationToken)
    {
        var (session, replyTo) = (WireSession.Begin(connection, $"The upstream's {node}"), $"reply-{Guid.NewGuid():N}");
        var attach = new Attach { Source = new Source { Address = node }, Target = new Target { Address = replyTo } };
        var replies = await WireLinks.ReceiverAsync(session, attach, $"The upstream's {node}", dialer, cancellationToken);
        var requests = await WireLinks.SenderAsync(session, node, $"The upstream's {node}", dialer, cancellationToken);
        return new WireNode(dialer, node, replyTo, session, requests, replies);
    }

    /// <summary>Sends the request, which gets its ids here, and waits for the answer.</summary>
    /// <exception cref="UpstreamFaultException">There is none, or its status is none of success.</exception>
    public async Task<Message> AskAsync(Message request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(dialer.Patience, dialer.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await turn.WaitAsync(cancellationToken);
        try
        {
            var id = Guid.NewGuid().ToString();
            request.Properties = new Properties { To = node, ReplyTo = replyTo };
            request.Properties.SetMessageId(id);
            requests.Send(request, static (_, _, _, _) => { }, null);
            while (true)
            {
                // An answer to a request that nobody waits for any more may come before it.
                var answer = await arrived.Reader.ReadAsync(both.Token);
                replies.Accept(answer);
                if (id.Equals(answer.Properties?.GetCorrelationId()))
                {
                    return Checked(answer);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UpstreamFaultException($"The upstream's {node} gave no answer in time.");
        }
        catch (Exception e) when (e is AmqpException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            throw new UpstreamFaultException($"The upstream's {node} could not be asked: {WireErrors.Reason(e)}");
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await WireLinks.CloseAsync(requests, dialer);
        await WireLinks.CloseAsync(replies, dialer);
        await WireLinks.CloseAsync(session, dialer);
        turn.Dispose();
    }

    private Message Checked(Message answer)
    {
        var told = answer.ApplicationProperties?.Map;
        if (told?["status-code"] is not int status)
        {
            throw new UpstreamFaultException($"The upstream's {node} gave an answer without a status.");
        }

        return status is >= 200 and < 300
            ? answer
            : throw new UpstreamFaultException($"The upstream's {node} refused with status {status}: {WireErrors.Sentence($"{told["status-description"]}")}");
    }
}
