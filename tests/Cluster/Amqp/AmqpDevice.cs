using System.Text;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>A device's or a back office's connection, made of bare links.</summary>
internal sealed class AmqpDevice : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Session session;
    private int links;

    private AmqpDevice(Connection connection) => (Connection, session) = (connection, new Session(connection));

    public Connection Connection { get; }

    public static async Task<AmqpDevice> ConnectAsync(HubFixture hub, string deviceId) =>
        await ConnectAsync(hub, $"{HubFixture.Host}/devices/{deviceId}", HubFixture.DeviceToken(deviceId));

    /// <summary>With a policy's token for the whole hub.</summary>
    public static async Task<AmqpDevice> ConnectAsPolicyAsync(HubFixture hub, string policy) =>
        await ConnectAsync(hub, HubFixture.Host, HubFixture.Token(HubFixture.Host, HubFixture.PolicyKey, policy));

    public async ValueTask DisposeAsync()
    {
        if (!Connection.IsClosed)
        {
            await Connection.CloseAsync(Patience, null);
        }
    }

    public Task<SenderLink> SenderAsync(string address) => Attached.SenderAsync(session, $"s{links++}", address);

    public async Task<ReceiverLink> ReceiverAsync(string address, int credit)
    {
        var link = await Attached.ReceiverAsync(session, $"r{links++}", new Source { Address = address });
        link.SetCredit(credit, autoRestore: false);
        return link;
    }

    /// <summary>With what the hub refused the link.</summary>
    public Task<Error> RefusalAsync(string address) =>
        Attached.ClosedAsync(new SenderLink(session, $"s{links++}", new Target { Address = address }, null));

    public static async Task<Message> NextAsync(ReceiverLink link) =>
        await link.ReceiveAsync(Patience) ?? throw new TimeoutException($"No message in {Patience}.");

    public static Message Text(string text) => new() { BodySection = new Data { Binary = Encoding.UTF8.GetBytes(text) } };

    public static string TextOf(Message message) => Encoding.UTF8.GetString(((Data)message.BodySection).Binary);

    public static Message Twin(string operation, string? resource, string body, string id)
    {
        var message = Text(body);
        message.Properties = new Properties();
        message.Properties.SetCorrelationId(id);
        message.MessageAnnotations = new MessageAnnotations { [new Symbol("operation")] = operation };
        if (resource is not null)
        {
            message.MessageAnnotations[new Symbol("resource")] = resource;
        }

        return message;
    }

    private static async Task<AmqpDevice> ConnectAsync(HubFixture hub, string audience, string token)
    {
        var connection = await new ConnectionFactory().CreateAsync(new Address($"amqp://{hub.Amqp}"));
        var cbs = await CbsClient.OpenAsync(connection);
        var (status, description) = await cbs.PutAsync(audience, token);
        return status == 200 ? new AmqpDevice(connection) : throw new InvalidOperationException($"{status}: {description}");
    }
}
