using System.Net;
using System.Net.Sockets;

namespace Muster.Local;

internal static class FreePort
{
    /// <summary>A port of the address that nobody listens on now.</summary>
    internal static IPEndPoint Find(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
