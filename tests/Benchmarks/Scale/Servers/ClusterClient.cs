using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Clustering;
using Muster.Gateway;
using Orleans.Configuration;

namespace Muster.Benchmarks.Scale.Servers;

/// <summary>An Orleans client of a cluster over its gateways, with the cluster's own certificate.</summary>
internal sealed class ClusterClient : IAsyncDisposable
{
    private const int Tries = 100;
    private readonly IHost host;

    private ClusterClient(IHost host) => this.host = host;

    internal IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    internal static async Task<ClusterClient> ConnectAsync(IEnumerable<string> addresses, string securityFolder)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering([.. addresses.Select(address => new IPEndPoint(IPAddress.Parse(address), SiloNode.GatewayPort))]);
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("muster", "muster"));
            client.Configure<Orleans.Configuration.GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
            client.UseClusterTls(securityFolder);
            var tries = 0;
            client.UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(200, cancellationToken);
                return ++tries < Tries;
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return new ClusterClient(host);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
