using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Muster.Amqp;

namespace Muster;

/// <summary>Kestrel listens for AMQP.</summary>
public static class AmqpListening
{
    /// <summary>
    /// Listens for devices, services and readers of events on <paramref name="endpoint"/>, told apart by what they say. A client certificate is asked
    /// for and any is taken: who may do what is decided link by link.
    /// </summary>
    /// <param name="kestrel">The server's options, with its services set.</param>
    /// <param name="endpoint">Port 0 for any.</param>
    /// <param name="serverCertificate">With its private key; null for plain TCP, which Event Hubs SDKs dial for an emulator.</param>
    /// <param name="chain">Intermediate certificates to send along; null for none.</param>
    public static void ListenAmqp(
        this KestrelServerOptions kestrel, IPEndPoint endpoint, X509Certificate2? serverCertificate, X509Certificate2Collection? chain = null)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.ListenDevices<AmqpConnectionHandler>(endpoint, serverCertificate, chain);
    }
}
