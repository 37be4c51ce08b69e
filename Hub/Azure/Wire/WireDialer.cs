using System.Net.Sockets;
using System.Security.Authentication;
using Amqp;
using Amqp.Handler;
using Amqp.Sasl;
using Microsoft.Extensions.Options;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>Makes AMQP connections over TLS to the upstream.</summary>
internal sealed class WireDialer(UpstreamTrust trust, IOptions<UpstreamOptions> options, TimeProvider clock)
{
    private const int MaxFrameSize = 64 * 1024;
    private const int IdleTimeout = 60_000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Where a host is dialled. Default: by its own name, over TLS.</summary>
    internal Func<string, int, Address> AddressOf { get; init; } = static (host, port) => new Address(host, port, scheme: "amqps");

    /// <summary>From here to a connection, to an open link, to an answer of a node.</summary>
    internal TimeSpan Patience => options.Value.RequestTimeout < Longest ? options.Value.RequestTimeout : Longest;

    internal TimeProvider Clock => clock;

    /// <param name="sasl">Null for bare AMQP.</param>
    /// <exception cref="UpstreamFaultException">There is no connection, or not in time.</exception>
    public Task<Connection> DialAsync(string host, int? port, SaslProfile? sasl, CancellationToken cancellationToken) =>
        DialAsync(host, port, AddressOf(host, port ?? options.Value.AmqpPort), sasl, cancellationToken);

    /// <summary>By name and password (SASL PLAIN).</summary>
    /// <exception cref="UpstreamFaultException">There is no connection, or not in time.</exception>
    public Task<Connection> DialAsUserAsync(string host, string user, string password, CancellationToken cancellationToken)
    {
        var plain = AddressOf(host, options.Value.AmqpPort);
        return DialAsync(host, null, new Address(plain.Host, plain.Port, user, password, plain.Path, plain.Scheme), null, cancellationToken);
    }

    private async Task<Connection> DialAsync(string host, int? port, Address address, SaslProfile? sasl, CancellationToken cancellationToken)
    {
        var at = port ?? options.Value.AmqpPort;
        var guard = new SocketGuard();
        try
        {
            return await Factory(host, sasl).CreateAsync(address, CancellationToken.None, guard).WaitAsync(Patience, clock, cancellationToken);
        }
        catch (Exception e)
        {
            // The library's own hand-shakes have no end, but do end with their socket.
            guard.Abandon();
            if (e is SocketException or IOException or AuthenticationException or AmqpException or TimeoutException or InvalidOperationException)
            {
                throw new UpstreamFaultException($"The upstream's AMQP at {host}:{at} could not be reached: {WireErrors.Reason(e)}");
            }

            throw;
        }
    }

    private ConnectionFactory Factory(string host, SaslProfile? sasl)
    {
        var factory = new ConnectionFactory();
        factory.AMQP.HostName = host;
        factory.AMQP.ContainerId = $"muster-{Guid.NewGuid():N}";
        factory.AMQP.MaxFrameSize = MaxFrameSize;
        factory.AMQP.MaxSessionsPerConnection = byte.MaxValue;
        factory.AMQP.IdleTimeout = IdleTimeout;
        factory.TCP.NoDelay = true;
        factory.SSL.RemoteCertificateValidationCallback = trust.Callback;
        factory.SASL.Profile = sasl;
        return factory;
    }

    private sealed class SocketGuard : IHandler
    {
        private readonly Lock room = new();
        private Socket? socket;
        private bool isAbandoned;

        public bool CanHandle(EventId id) => id == EventId.SocketConnect;

        public void Handle(Event protocolEvent)
        {
            lock (room)
            {
                socket = (Socket)protocolEvent.Context;
                if (isAbandoned)
                {
                    socket.Dispose();
                }
            }
        }

        public void Abandon()
        {
            lock (room)
            {
                isAbandoned = true;
                socket?.Dispose();
            }
        }
    }
}
