using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Muster.Amqp;

/// <summary>A request to a node, to be answered once.</summary>
internal sealed class NodeRequest(IPeer peer, LinkGrant grant, IncomingMessage message, ReplyLinks replies, object session)
{
    public IPeer Peer { get; } = peer;

    /// <summary>Who the request's link speaks for.</summary>
    public LinkGrant Grant { get; } = grant;

    public Message Message => message.Message;

    /// <summary>The application property as text; null if it is not there or is no text.</summary>
    public string? Property(string name) => Message.ApplicationProperties?.Map?[name] as string;

    /// <summary>Sends <c>status-code</c>, <c>status-description</c> and the body to the asker, and accepts the request.</summary>
    /// <param name="status">As in HTTP.</param>
    /// <param name="description">For people.</param>
    /// <param name="body">An AMQP value (string, Map, …); null for none.</param>
    /// <param name="condition">An AMQP error condition for <c>error-condition</c>; null for none.</param>
    public void Reply(int status, string description, object? body = null, string? condition = null)
    {
        var properties = new ApplicationProperties { ["status-code"] = status, ["status-description"] = description };
        if (condition is not null)
        {
            properties["error-condition"] = new Symbol(condition);
        }

        Reply(new Message { ApplicationProperties = properties, BodySection = new AmqpValue { Value = body } });
    }

    /// <summary>Sends the answer, its correlation id set here, and accepts the request. Without a link for it the answer is lost.</summary>
    public void Reply(Message reply)
    {
        reply.Properties ??= new Properties();
        if (message.MessageId is { } id)
        {
            reply.Properties.SetCorrelationId(id);
        }

        replies.Find(session, Message.Properties?.ReplyTo)?.Send(reply);
        message.Accept();
    }
}
