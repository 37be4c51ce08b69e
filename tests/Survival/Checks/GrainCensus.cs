using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muster.Clustering;
using Orleans.Configuration;

namespace Muster.Survival;

/// <summary>Asks the cluster, as an Orleans client, which silo holds which device's grain.</summary>
internal sealed class GrainCensus : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly IHost host;
    private readonly Dictionary<string, string> siloByAddress;

    private GrainCensus(IHost host, Dictionary<string, string> siloByAddress) => (this.host, this.siloByAddress) = (host, siloByAddress);

    internal static async Task<GrainCensus> ConnectAsync(ClusterControl cluster, CancellationToken cancellationToken)
    {
        var silos = cluster.SiloNodes();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client
            .UseStaticClustering([.. silos.Select(silo => new System.Net.IPEndPoint(silo.IPAddress, silo.Port("gateway")))])
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Orleans.ClusterId, cluster.Orleans.ServiceId))
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5))
            .UseClusterTls(Path.Combine(cluster.Folder, "secrets")));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new GrainCensus(host, silos.ToDictionary(silo => silo.Address, silo => silo.Name));
    }

    /// <summary>Nobody's place is known if the cluster does not answer in time.</summary>
    internal async Task<GrainPlaces> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var statistics = await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0)
                .GetDetailedGrainStatistics(types: null, hostsIds: null, cancellationToken).WaitAsync(Limit, cancellationToken);
            var places = new Dictionary<int, string>();
            foreach (var one in statistics)
            {
                if (DeviceIdentity.NumberOf(one.GrainId.Key.ToString()) is { } number &&
                    siloByAddress.TryGetValue(one.SiloAddress.Endpoint.Address.ToString(), out var silo))
                {
                    places[number] = silo;
                }
            }

            return new GrainPlaces(places);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new GrainPlaces(new Dictionary<int, string>());
        }
    }

    /// <summary>Lets go of every grain that has nothing to do, so that the next call places it where the map of today's silos says.</summary>
    internal async Task SpreadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0)
                .ForceActivationCollection(TimeSpan.FromMilliseconds(1), cancellationToken).WaitAsync(Limit, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The next round then strikes what there is. Faults of the database, which Orleans' own management grain asks for the silos, have no form on the
            // wire and come as whatever the serializer made of them.
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await host.StopAsync(limit.Token);
        host.Dispose();
    }
}

/// <summary>Which silo held the grain of which device.</summary>
internal sealed class GrainPlaces(IReadOnlyDictionary<int, string> siloByDevice)
{
    /// <summary>True if the device's grain was on one of the silos that the words name.</summary>
    internal bool IsOn(int device, IEnumerable<string> words) =>
        siloByDevice.TryGetValue(device, out var silo) && words.Any(word => word.Split(' ')[0] == silo);
}
