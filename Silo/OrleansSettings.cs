using System.Net;
using Npgsql;
using Orleans.Configuration;

namespace Muster.Hosting;

/// <summary>Orleans as the architecture wants it: the membership and directory values were measured by killing, stopping and freezing silos.</summary>
internal static class OrleansSettings
{
    /// <summary>Equal on all silos; not changed by a rolling restart.</summary>
    internal const int DirectoryPartitions = 8;

    private const int MembershipConnections = 4;

    internal static ISiloBuilder ConfigureOrleans(this ISiloBuilder silo, SiloSettings settings)
    {
        silo.UseClustering(settings);
        silo.Services.AddSingleton<IFatalErrorHandler, FatalEnd>();
        silo.Configure<SiloOptions>(silo => silo.SiloName = settings.SiloName);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = settings.AdvertisedAddress;
            endpoints.SiloPort = settings.SiloPort;
            endpoints.GatewayPort = settings.GatewayPort;
            endpoints.SiloListeningEndpoint = new(settings.ClusterBind, settings.SiloPort);
            endpoints.GatewayListeningEndpoint = new(settings.ClusterBind, settings.GatewayPort);
        });

#pragma warning disable ORLEANSEXP003 // The default directory loses activations of healthy silos whenever one dies.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(directory =>
        {
            directory.RangeLeaseDuration = TimeSpan.Zero;
            directory.PartitionsPerSilo = DirectoryPartitions;
            directory.CacheSize = 250_000;
        });
        silo.AddMembershipCheck();
        return silo.ConfigureMembership().ConfigureLoad();
    }

    private static void UseClustering(this ISiloBuilder silo, SiloSettings settings)
    {
        if (settings.ConnectionString is not { } database)
        {
            var primary = new IPEndPoint(settings.AdvertisedAddress, settings.SiloPort);
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, primary, ClusterNames.ServiceId, settings.ClusterId);
            return;
        }

        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (settings.ClusterId, ClusterNames.ServiceId));
        silo.UseAdoNetClustering(membership =>
        {
            membership.Invariant = "Npgsql";

            // A pool of its own: heartbeats and verdicts do not queue behind the fleet.
            membership.ConnectionString =
                new NpgsqlConnectionStringBuilder(database) { ApplicationName = "muster membership", MaxPoolSize = MembershipConnections }.ConnectionString;
        });
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
