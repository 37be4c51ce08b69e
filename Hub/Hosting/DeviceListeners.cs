using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Muster;

/// <summary>
/// The ports for devices, which shut before the server's others: a silo that drains takes no device any more, but still answers how it is.
/// </summary>
internal sealed class DeviceListeners(IOptions<SocketTransportOptions> sockets, ILoggerFactory loggers) : IConnectionListenerFactory
{
    private readonly SocketTransportFactory transport = new(sockets, loggers);
    private readonly ConcurrentBag<EndPoint> endpoints = [];
    private readonly ConcurrentBag<IConnectionListener> open = [];

    /// <summary>Before the server starts: this one is for devices.</summary>
    public void Add(EndPoint endpoint) => endpoints.Add(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await transport.BindAsync(endpoint, cancellationToken);
        if (endpoints.Contains(endpoint))
        {
            open.Add(listener);
        }

        return listener;
    }

    /// <summary>Shuts them; connections that were accepted stay. The server learns that there is nothing more to accept. Idempotent.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        foreach (var listener in open)
        {
            await listener.UnbindAsync(cancellationToken);
        }
    }
}
