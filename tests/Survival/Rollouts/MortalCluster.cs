using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muster.Clustering;
using Orleans.Configuration;

namespace Muster.Survival.Rollouts;

/// <summary>Three silos on PostgreSQL, one of which is killed each time; its supervisor starts it again.</summary>
internal sealed class MortalCluster : IMortal
{
    private readonly ClusterControl cluster;
    private readonly IHost client;

    private MortalCluster(ClusterControl cluster, IHost client) => (this.cluster, this.client) = (cluster, client);

    public IGrainFactory? Grains => client.Services.GetRequiredService<IGrainFactory>();

    public HubTarget Hub => cluster.Hub;

    public bool IsDead => false;

    internal static async Task<MortalCluster> StartAsync(string folder, string bind, string[] settings, CancellationToken stop)
    {
        var cluster = await ClusterControl.StartAsync(folder, bind, stop, settings);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(orleans => orleans
            .UseStaticClustering([.. cluster.SiloNodes().Select(static silo => new IPEndPoint(silo.IPAddress, silo.Port("gateway")))])
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Orleans.ClusterId, cluster.Orleans.ServiceId))
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2))
            .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10))
            .UseClusterTls(Path.Combine(folder, "secrets")));
        var client = builder.Build();
        await client.StartAsync(stop);
        return new MortalCluster(cluster, client);
    }

    public Task KillAsync(Random random, CancellationToken stop)
    {
        // One at a time: the next falls once the last is back, or there would be nobody left in between.
        var silos = cluster.SiloNodes();
        if (silos.All(static silo => silo.Pid is not null))
        {
            _ = Signals.Send(silos[random.Next(silos.Count)].Pid!.Value, Signals.Kill);
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await client.StopAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A silo that it was talking to is gone.
        }

        client.Dispose();
        await cluster.DisposeAsync();
    }
}
