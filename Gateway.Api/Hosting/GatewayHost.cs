using System.Net;
using Muster.Clustering;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Muster.Gateway;

/// <summary>A gateway of its own: the service API in a process that is a client of the cluster.</summary>
internal static class GatewayHost
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    // A silo that restarts listens at the same address: look again soon instead of after the default minute.
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    internal static WebApplication Build(GatewaySetup setup, IReadOnlyDictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Orleans", LogLevel.Warning);

        // Failing calls are answered and counted; a line for each of them would bury everything else while a silo is away.
        builder.Logging.AddFilter("Orleans.Messaging", LogLevel.Critical).AddFilter("Orleans.Runtime.Messaging", LogLevel.Critical)
            .AddFilter("Orleans.Runtime.ClientClusterManifestProvider", LogLevel.Error).AddFilter("Polly", LogLevel.Critical);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(setup.Listen, listen =>
        {
            if (setup.Certificate is { } certificate)
            {
                listen.UseHttps(certificate);
            }
        }));

        // So that the port answers while the cluster is still looked for.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.UseOrleansClient(client => Connect(client, setup));
        builder.Services.AddGatewayApi();
        builder.Services.AddSingleton<ClusterReach>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ClusterReach>());
        var app = builder.Build();
        var reach = app.Services.GetRequiredService<ClusterReach>();
        app.UseRouting();
        app.Use(next => context => reach.GuardAsync(context, next));
        app.MapGatewayApi();
        return app;
    }

    private static void Connect(IClientBuilder client, GatewaySetup setup)
    {
        client.Services.AddSingleton<IGatewayListProvider>(new NamedGateways(setup.Gateways, Refresh, Dns.GetHostAddressesAsync));
        client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (setup.Cluster.ClusterId!, setup.Cluster.ServiceId!));
        client.Configure<Orleans.Configuration.GatewayOptions>(options => options.GatewayListRefreshPeriod = Refresh);
        client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        if (setup.TlsFolder is { } folder)
        {
            client.UseClusterTls(folder);
        }

        client.AddActivityPropagation();
        var started = TimeProvider.System.GetTimestamp();
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            await Task.Delay(RetryEvery, TimeProvider.System, cancellationToken);
            return setup.Cluster.ConnectTimeout is not { } patience || TimeProvider.System.GetElapsedTime(started) < patience;
        });
    }
}
