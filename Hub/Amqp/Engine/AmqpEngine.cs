using System.Threading.Channels;
using Amqp;
using Amqp.Listener;

namespace Muster.Amqp;

/// <summary>AMQPNetLite as the protocol engine: it is given transports, and gives attaches to the <see cref="LinkProcessor"/>.</summary>
internal sealed class AmqpEngine : IDisposable
{
    private const string Scheme = "pipe";
    private readonly TransportQueue queue = new();
    private readonly ContainerHost host;

    public AmqpEngine(LinkProcessor processor)
    {
        host = new ContainerHost(new Address($"{Scheme}://localhost:1"))
        {
            // The library would cast the ends of an attach before anyone could look at them.
            AddressResolver = static (_, _) => "",
        };
        host.CustomTransports[Scheme] = queue;
        host.RegisterLinkProcessor(processor);
        var listener = host.Listeners[0];
        var handler = new OpenHandler();
        listener.HandlerFactory = _ => handler;
        listener.AMQP.MaxFrameSize = AmqpLimits.MaxFrameSize;
        listener.AMQP.MaxSessionsPerConnection = AmqpLimits.MaxSessions;
        listener.AMQP.MaxLinksPerSession = AmqpLimits.MaxLinksPerSession;
        listener.AMQP.IdleTimeout = AmqpLimits.IdleTimeout;
        host.Open();
    }

    /// <summary>Serves a connection whose AMQP header is there to be read.</summary>
    public void Serve(PipeTransport transport) => queue.Post(transport);

    /// <summary>Takes no more connections; those that are open are ended.</summary>
    public void Dispose() => host.Close();

    private sealed class TransportQueue : TransportProvider
    {
        private readonly Channel<IAsyncTransport> transports = Channel.CreateUnbounded<IAsyncTransport>(new() { SingleReader = true });

        public TransportQueue() => AddressSchemes = [Scheme];

        public void Post(PipeTransport transport) => transports.Writer.TryWrite(transport);

        // Never ends after the library has closed: it would ask again at once, for ever.
        public override Task<IAsyncTransport> CreateAsync(Address address) => transports.Reader.ReadAsync().AsTask();
    }
}
