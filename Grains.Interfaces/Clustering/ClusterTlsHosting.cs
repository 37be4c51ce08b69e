using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Muster.Clustering;

/// <summary>Turns mutual TLS on.</summary>
public static class ClusterTlsHosting
{
    /// <summary>
    /// Has an Orleans client dial the silos by mutual TLS, as they ask of everyone in a cluster. The files are read again at each handshake, so
    /// that a new certificate needs no restart.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="folder">A folder with <c>cluster.pem</c> and <c>cluster.key</c> (the client's own certificate) and <c>ca.pem</c> (whom to trust).</param>
    public static IClientBuilder UseClusterTls(this IClientBuilder client, string folder)
    {
        client.Services.AddClusterCredentials(folder);
        client.Services.AddOptions<ClientConnectionOptions>().Configure<ClusterCredentials, ILogger<ClusterTls>>((connections, credentials, logger) =>
            connections.ConfigureConnection(connection => connection.UseMiddleware(new ClusterTls(credentials, ClusterTls.End.Dials, logger))));
        return client;
    }

    internal static IServiceCollection AddClusterCredentials(this IServiceCollection services, string folder) =>
        services.AddSingleton(provider => new ClusterCredentials(folder, provider.GetRequiredService<ILogger<ClusterCredentials>>()));
}
