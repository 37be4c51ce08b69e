using Amqp;
using Amqp.Framing;
using Amqp.Sasl;

namespace Muster.Benchmarks.Load;

/// <summary>A back office's connection by AMQPNetLite's client: TLS, SASL ANONYMOUS, one session, its token put by <c>$cbs</c>.</summary>
internal sealed class AmqpOffice : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Connection connection;
    private readonly Session session;
    private int links;

    private AmqpOffice(Connection connection) => (this.connection, session) = (connection, new Session(connection));

    internal static async Task<AmqpOffice> ConnectAsync(LoadOrder order)
    {
        var factory = new ConnectionFactory();
        factory.TCP.NoDelay = true;
        factory.SASL.Profile = SaslProfile.Anonymous;
        factory.SSL.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        var office = new AmqpOffice(await factory.CreateAsync(new Address($"amqps://{order.Address}:{order.Port}")));
        await office.PutTokenAsync(order);
        return office;
    }

    internal async Task<SenderLink> SenderAsync(string address)
    {
        var attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new SenderLink(session, $"s{links++}", new Target { Address = address }, (_, _) => attached.TrySetResult());
        return await UntilAsync(link, attached.Task);
    }

    internal async Task<ReceiverLink> ReceiverAsync(Attach attach)
    {
        var attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new ReceiverLink(session, $"r{links++}", attach, (_, _) => attached.TrySetResult());
        return await UntilAsync(link, attached.Task);
    }

    public async ValueTask DisposeAsync() => await connection.CloseAsync(Patience, null);

    private async Task PutTokenAsync(LoadOrder order)
    {
        const string ReplyTo = "bench-cbs";
        var replies = await ReceiverAsync(new Attach { Source = new Source { Address = "$cbs" }, Target = new Target { Address = ReplyTo } });
        var requests = await SenderAsync("$cbs");
        var request = new Message
        {
            Properties = new Properties { ReplyTo = ReplyTo },
            ApplicationProperties = new ApplicationProperties
            {
                ["operation"] = "put-token",
                ["type"] = "servicebus.windows.net:sastoken",
                ["name"] = order.Address,
            },
            BodySection = new AmqpValue { Value = order.Token },
        };
        request.Properties.SetMessageId("1");
        await requests.SendAsync(request);
        var reply = await replies.ReceiveAsync(Patience) ?? throw new IOException("No answer of $cbs.");
        replies.Accept(reply);
        if (reply.ApplicationProperties["status-code"] is not (200 or 202))
        {
            throw new IOException($"The token was refused: {reply.ApplicationProperties["status-description"]}");
        }
    }

    private static async Task<TLink> UntilAsync<TLink>(TLink link, Task attached)
        where TLink : Link
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.AddClosedCallback((_, error) => closed.TrySetException(new IOException($"A link was refused: {error}")));
        await await Task.WhenAny(attached, closed.Task).WaitAsync(Patience);
        // A refusal is an attach and a detach behind it; nothing else follows it.
        return link.IsClosed ? throw new IOException($"A link was refused: {link.Error}") : link;
    }
}
