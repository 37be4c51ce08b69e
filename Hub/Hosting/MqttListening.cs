using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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
        var services = kestrel.ApplicationServices;
        services.GetRequiredService<DeviceListeners>().Add(endpoint);
        kestrel.Listen(endpoint, listen =>
        {
            var gate = services.GetRequiredService<AcceptGate>();
            listen.Protocols = HttpProtocols.None;
            listen.Use(next => connection => gate.ServeAsync(connection, next));
            if (serverCertificate is not null)
            {
                listen.UseHttps(Tls(serverCertificate, chain, services.GetRequiredService<IOptions<HubOptions>>().Value));
            }

            listen.UseConnectionHandler<MqttConnectionHandler>();
        });
    }

    private static TlsHandshakeCallbackOptions Tls(X509Certificate2 certificate, X509Certificate2Collection? chain, HubOptions options)
    {
        // One context for all connections: it holds the parsed chain and the session tickets.
        var server = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            ClientCertificateRequired = true,
#pragma warning disable CA5359 // The peer is a device, not a server: its certificate is compared with a registered thumbprint after CONNECT.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        return new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = options.ConnectTimeout,
            OnConnection = _ => ValueTask.FromResult(server),
        };
    }
}
