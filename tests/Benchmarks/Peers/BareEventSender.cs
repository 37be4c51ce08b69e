using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Amqp;
using Amqp.Framing;
using Amqp.Listener;
using Amqp.Types;

namespace Muster.Benchmarks.Peers;

/// <summary>
/// The limit of the figures of events out: AMQPNetLite's own listener, with TLS and SASL ANONYMOUS, that lets anybody in and sends messages which were
/// encoded beforehand as soon as it is given credit; no log, no token, no encoding, no count of what is under way.
/// </summary>
internal sealed class BareEventSender : IDisposable
{
    private readonly ContainerHost host;

    private BareEventSender(ContainerHost host) => this.host = host;

    /// <param name="endPoint">Where it listens.</param>
    /// <param name="certificate">The hub's.</param>
    /// <param name="events">For each partition the messages, which are sent over and over.</param>
    internal static BareEventSender Start(IPEndPoint endPoint, X509Certificate2 certificate, byte[][][] events)
    {
        var host = new ContainerHost(new Address($"amqps://{endPoint}"));
        var listener = host.Listeners[0];
        listener.SSL.Certificate = certificate;
        listener.SASL.EnableAnonymousMechanism = true;
        host.RegisterLinkProcessor(new Feeds(events));
        host.Open();
        return new BareEventSender(host);
    }

    public void Dispose() => host.Close();

    private sealed class Feeds(byte[][][] events) : ILinkProcessor
    {
        private const string Cbs = "$cbs";
        private readonly ConditionalWeakTable<Session, ListenerLink> replies = [];

        public void Process(AttachContext attachContext)
        {
            var attach = attachContext.Attach;
            attach.InitialDeliveryCount = 0;
            attach.DesiredCapabilities = null;
            if (!attach.Role)
            {
                attachContext.Complete(new Requests(replies), 100);
                return;
            }

            // As the hub answers it: settled when sent.
            attach.SndSettleMode = SenderSettleMode.Settled;
            var address = ((Source)attach.Source).Address;
            if (address == Cbs)
            {
                replies.AddOrUpdate(attachContext.Link.Session, attachContext.Link);
                attachContext.Complete(new Feed([]), 0);
                return;
            }

            var partition = int.Parse(address[(address.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);
            attachContext.Complete(new Feed(events[partition]), 0);
        }
    }

    /// <summary>Takes any token. SDKs name a reply address that no link has: the session's only reply link is meant.</summary>
    private sealed class Requests(ConditionalWeakTable<Session, ListenerLink> replies) : LinkEndpoint
    {
        public override void OnMessage(MessageContext messageContext)
        {
            messageContext.Complete();
            var reply = new Message
            {
                Properties = new Properties(),
                ApplicationProperties = new ApplicationProperties { ["status-code"] = 200, ["status-description"] = "OK" },
            };
            reply.Properties.SetCorrelationId(messageContext.Message.Properties.GetMessageId());
            if (replies.TryGetValue(messageContext.Link.Session, out var link)) { link.SendMessage(reply); }
        }

        public override void OnFlow(FlowContext flowContext)
        {
        }

        public override void OnDisposition(DispositionContext dispositionContext)
        {
        }
    }

    private sealed class Feed(byte[][] events) : LinkEndpoint
    {
        private int next;

        public override void OnFlow(FlowContext flowContext)
        {
            for (var left = events.Length == 0 ? 0 : flowContext.Messages; left > 0; left--)
            {
                var bytes = events[next];
                next = (next + 1) % events.Length;
                flowContext.Link.SendMessage(new Message(), new ByteBuffer(bytes, 0, bytes.Length, bytes.Length));
            }
        }

        public override void OnDisposition(DispositionContext dispositionContext)
        {
        }
    }
}
