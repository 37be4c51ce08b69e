using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Access;
using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Events;
using Muster.Gates;
using Muster.Placement;
using Muster.Releases;
using Muster.Rollouts;
using Muster.Routing;
using Muster.Sessions;
using Muster.Telemetry;
using Muster.Updates;
using Muster.Upstream;
using Orleans.Configuration;

namespace Muster;

/// <summary>Registers the grains' services.</summary>
public static class GrainsHosting
{
    /// <summary>
    /// Adds what the grains need but for the ports: <c>ISecretProtector</c>, <c>IAccessPolicies</c>, storage and event log, and the session
    /// host are others' to register.
    /// </summary>
    public static ISiloBuilder AddMusterGrains(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.AddPlacementDirector<PartitionPlacement, PartitionPlacementDirector>();
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddMetrics();
        silo.Services.AddPlacement();
        silo.Services.AddDeadlines();
        silo.Services.AddOptions<CloudToDeviceOptions>().BindConfiguration(CloudToDeviceOptions.Section).ValidateOnStart();
        silo.Services.AddSingleton<IValidateOptions<CloudToDeviceOptions>, CloudToDeviceOptionsValidator>();
        silo.Services.AddSingleton<DeviceInstruments>();
        silo.Services.AddSingleton<ISessionHosts, SessionHosts>();
        silo.Services.AddSingleton(static services => new FeedbackOutlet(
            records => services.GetRequiredService<IGrainFactory>().GetGrain<IServiceQueueGrain>(ServiceQueues.Feedback).PutAsync(records)));
        silo.Services.AddOptions<UpdateOptions>().BindConfiguration(UpdateOptions.Section).ValidateOnStart();
        silo.Services.AddSingleton<IValidateOptions<UpdateOptions>, UpdateOptionsValidator>();
        silo.Services.AddOptions<GateOptions>().BindConfiguration(GateOptions.Section).ValidateOnStart();
        silo.Services.AddSingleton<IValidateOptions<GateOptions>, GateOptionsValidator>();
        silo.Services.AddSingleton<DevicePlans>();
        silo.Services.AddSingleton<RolloutOutlet>();
        silo.Services.AddSingleton<DeviceServices>();
        silo.Services.AddSingleton<DeviceAuthenticator>();
        silo.Services.TryAddSingleton<AgentSecrets>();
        silo.Services.AddSingleton<PrincipalSeal>();
        silo.Services.AddPartitionPumps();
        silo.Services.AddDeviceEvents();
        silo.Services.AddRoutes();
        silo.Services.AddRollouts();
        silo.Services.AddReleases();
        silo.Services.AddUpstreamOptions();
        silo.Services.AddUpstreamMirror();

        // A device that is asked faster than it can answer must refuse, not fill the silo's memory.
        silo.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 200);
        return silo;
    }
}
