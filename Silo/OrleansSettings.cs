using System.Net;
using Orleans.Configuration;

namespace Muster.Hosting;

/// <summary>Orleans as the architecture wants it: the membership and directory values were measured by killing, stopping and freezing silos.</summary>
internal static class OrleansSettings
{
    internal static ISiloBuilder ConfigureOrleans(this ISiloBuilder silo, SiloSettings settings)
    {
        var address = settings.LocalAddress;
        silo.UseLocalhostClustering(
            settings.SiloPort, settings.GatewayPort, new IPEndPoint(address, settings.SiloPort), ClusterNames.ServiceId, ClusterNames.ClusterId);
        silo.Configure<SiloOptions>(silo => silo.SiloName = settings.SiloName);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = address;
            endpoints.SiloListeningEndpoint = new(address, settings.SiloPort);
            endpoints.GatewayListeningEndpoint = new(address, settings.GatewayPort);
        });

#pragma warning disable ORLEANSEXP003 // The default directory loses activations of healthy silos whenever one dies.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(directory =>
        {
            directory.RangeLeaseDuration = TimeSpan.Zero;
            directory.PartitionsPerSilo = 8;
            directory.CacheSize = 250_000;
        });
        return silo.ConfigureMembership().ConfigureLoad();
    }

    private static ISiloBuilder ConfigureMembership(this ISiloBuilder silo) => silo.Configure<ClusterMembershipOptions>(membership =>
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(3);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
    });

    private static ISiloBuilder ConfigureLoad(this ISiloBuilder silo)
    {
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.MaxEnqueuedRequestsHardLimit = 200;
            messaging.ResponseTimeout = TimeSpan.FromSeconds(10);
        });
        return silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionAge = TimeSpan.FromMinutes(30);
            collection.CollectionQuantum = TimeSpan.FromMinutes(1);
            collection.DeactivationTimeout = TimeSpan.FromSeconds(5);
            collection.EnableActivationSheddingOnMemoryPressure = true;
            collection.MemoryUsageLimitPercentage = 85;
            collection.MemoryUsageTargetPercentage = 80;
        });
    }
}
