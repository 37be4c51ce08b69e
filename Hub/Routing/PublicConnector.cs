using System.Net;
using System.Net.Sockets;

namespace Muster.Routing;

/// <summary>
/// Connects to public addresses only. The name is resolved and the addresses are judged for the very connection that is made, so that a name which
/// answers differently the second time gains nothing.
/// </summary>
internal sealed class PublicConnector(bool allowPrivate)
{
    /// <exception cref="HttpRequestException">No address of the host may be, or can be, connected to.</exception>
    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = allowPrivate ? addresses : Array.FindAll(addresses, PublicAddresses.IsPublic);
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(addresses.Length == 0
                ? $"{host} has no address."
                : $"{host} is at {addresses[0]}, which is not a public address (allowed only where the hub is set to Routes:AllowPrivateAddresses).");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
