
namespace Muster.Gateway;

/// <summary>A gateway of its own: the service API in a process that is a client of the cluster.</summary>
internal static class GatewayHost
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    internal static WebApplication Build(GatewaySetup setup, IReadOnlyDictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Orleans", LogLevel.Warning);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(setup.Listen, listen =>
        {
            if (setup.Certificate is { } certificate)
            {
                listen.UseHttps(certificate);
            }
        }));
        builder.UseOrleansClient(client => Connect(client, setup));
        builder.Services.AddGatewayApi();
        var app = builder.Build();
        app.MapGatewayApi();
        return app;
    }

    private static void Connect(IClientBuilder client, GatewaySetup setup)
    {
        client.UseStaticClustering(setup.Gateways);
        client.Configure<Orleans.Configuration.ClusterOptions>(options =>
        {
            options.ClusterId = setup.Cluster.ClusterId!;
            options.ServiceId = setup.Cluster.ServiceId!;
        });

        // A silo that restarts listens at the same address: look again soon instead of after the default minute.
        client.Configure<Orleans.Configuration.GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
        client.AddActivityPropagation();
        var started = TimeProvider.System.GetTimestamp();
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            await Task.Delay(RetryEvery, TimeProvider.System, cancellationToken);
            return TimeProvider.System.GetElapsedTime(started) < setup.Cluster.ConnectTimeout;
        });
    }
}
