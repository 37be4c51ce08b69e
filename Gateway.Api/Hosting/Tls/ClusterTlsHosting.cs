using Orleans.Configuration;

namespace Muster.Gateway;

/// <summary>Turns mutual TLS on.</summary>
internal static class ClusterTlsHosting
{
    /// <summary>For a client of the cluster; <paramref name="folder"/> has the files that <see cref="ClusterCredentials"/> names.</summary>
    internal static IClientBuilder UseClusterTls(this IClientBuilder client, string folder)
    {
        client.Services.AddClusterCredentials(folder);
        client.Services.AddOptions<ClientConnectionOptions>().Configure<ClusterCredentials, ILogger<ClusterTls>>((connections, credentials, logger) =>
            connections.ConfigureConnection(connection => connection.UseMiddleware(new ClusterTls(credentials, ClusterTls.End.Dials, logger))));
        return client;
    }

    internal static IServiceCollection AddClusterCredentials(this IServiceCollection services, string folder) =>
        services.AddSingleton(provider => new ClusterCredentials(folder, provider.GetRequiredService<ILogger<ClusterCredentials>>()));
}
