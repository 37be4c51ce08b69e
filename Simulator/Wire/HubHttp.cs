using System.Net.Sockets;

namespace Muster.Simulation;

/// <summary>HTTPS to the hub: dialled where the hub is, whatever its name resolves to, and trusted by the hub's own authority.</summary>
internal static class HubHttp
{
    private const int MaxConnections = 64;

    internal static SocketsHttpHandler Handler(HubAddress hub) => new()
    {
        MaxConnectionsPerServer = MaxConnections,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(hub, context, cancellationToken),
        SslOptions = { CertificateChainPolicy = hub.TrustPolicy() },
    };

    private static async ValueTask<Stream> ConnectAsync(HubAddress hub, SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host.Equals(hub.HostName, StringComparison.OrdinalIgnoreCase) ? hub.Dial : host, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
