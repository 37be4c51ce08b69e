using Amqp;
using Amqp.Framing;

namespace Muster.Amqp;

/// <summary>Puts tokens as Azure's IoT SDKs do: a uuid for the message id, and a reply address that no link has.</summary>
internal sealed class CbsClient
{
    private readonly SenderLink requests;
    private readonly ReceiverLink replies;

    private CbsClient(SenderLink requests, ReceiverLink replies) => (this.requests, this.replies) = (requests, replies);

    public static async Task<CbsClient> OpenAsync(Connection connection)
    {
        var session = new Session(connection);
        var replies = await Attached.ReceiverAsync(session, Guid.NewGuid().ToString(), new Source { Address = "$cbs" });
        return new(await Attached.SenderAsync(session, Guid.NewGuid().ToString(), "$cbs"), replies);
    }

    public async Task<(int Status, string Description)> PutAsync(string audience, string? token, string operation = "put-token")
    {
        var id = Guid.NewGuid();
        var message = new Message
        {
            Properties = new Properties { To = "$cbs", ReplyTo = "cbs" },
            ApplicationProperties = new ApplicationProperties
            {
                ["operation"] = operation,
                ["type"] = "servicebus.windows.net:sastoken",
                ["name"] = audience,
            },
            BodySection = new AmqpValue { Value = token },
        };
        message.Properties.SetMessageId(id);
        await requests.SendAsync(message);
        var reply = await replies.ReceiveAsync(TimeSpan.FromSeconds(10)) ?? throw new TimeoutException("No answer of $cbs in 10 s.");
        replies.Accept(reply);
        return id.Equals(reply.Properties.GetCorrelationId())
            ? ((int)reply.ApplicationProperties["status-code"], (string)reply.ApplicationProperties["status-description"])
            : throw new InvalidOperationException("That is the answer to another request.");
    }
}
