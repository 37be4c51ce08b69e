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

/// <summary>Kestrel listens for a protocol that devices speak.</summary>
internal static class DeviceListening
{
    /// <summary>
    /// Every port of devices: counted and timed from accept on, shut first when the silo stops. A client certificate is asked for and any is taken.
    /// </summary>
    public static void ListenDevices<THandler>(
        this KestrelServerOptions kestrel, IPEndPoint endpoint, X509Certificate2? serverCertificate, X509Certificate2Collection? chain)
        where THandler : ConnectionHandler
    {
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

            listen.UseConnectionHandler<THandler>();
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
