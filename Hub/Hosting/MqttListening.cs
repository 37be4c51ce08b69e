using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Muster.Mqtt;

namespace Muster;

/// <summary>Kestrel listens for MQTT.</summary>
public static class MqttListening
{
    /// <summary>
    /// Listens for devices on <paramref name="endpoint"/>. A client certificate is asked for and any is taken: who may connect is decided later,
    /// by its thumbprint.
    /// </summary>
    /// <param name="kestrel">The server's options, with its services set.</param>
    /// <param name="endpoint">Port 0 for any.</param>
    /// <param name="serverCertificate">With its private key, and what it was signed by behind it where clients need that; null for plain TCP.</param>
    /// <param name="chain">Intermediate certificates to send along; null for none.</param>
    public static void ListenMqtt(
        this KestrelServerOptions kestrel, IPEndPoint endpoint, X509Certificate2? serverCertificate, X509Certificate2Collection? chain = null)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.ListenDevices<MqttConnectionHandler>(endpoint, serverCertificate, chain);
    }
}
