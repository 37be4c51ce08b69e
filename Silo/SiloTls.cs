using Muster.Clustering;
using Orleans.Configuration;

namespace Muster.Hosting;

/// <summary>Mutual TLS between silos, and for whoever comes to the silo's own gateway port.</summary>
internal static class SiloTls
{
    internal static void UseClusterTls(this ISiloBuilder silo, string folder)
    {
        silo.Services.AddClusterCredentials(folder);
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<ClusterCredentials, ILogger<ClusterTls>>((connections, credentials, logger) =>
        {
            var accept = new ClusterTls(credentials, ClusterTls.End.Accepts, logger);
            var dial = new ClusterTls(credentials, ClusterTls.End.Dials, logger);
            connections.ConfigureSiloInboundConnection(connection => connection.UseMiddleware(accept));
            connections.ConfigureGatewayInboundConnection(connection => connection.UseMiddleware(accept));
            connections.ConfigureSiloOutboundConnection(connection => connection.UseMiddleware(dial));
        });
    }
}
