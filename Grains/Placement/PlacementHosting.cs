using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Calls;

namespace Muster.Placement;

/// <summary>Registers what knows the cluster and moves grains within it.</summary>
internal static class PlacementHosting
{
    internal static IServiceCollection AddPlacement(this IServiceCollection services)
    {
        services.AddOptions<RebalanceOptions>().BindConfiguration(RebalanceOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RebalanceOptions>, RebalanceOptionsValidator>();
        services.AddSingleton<SiloMembership>();
        services.AddSingleton<DeviceActivations>();
        services.TryAddSingleton(CreateCalls);
        services.AddHostedService<MembershipWatch>();
        services.AddHostedService<Rebalancer>();
        return services;
    }

    private static GrainCalls CreateCalls(IServiceProvider services)
    {
        var view = services.GetRequiredService<SiloMembership>();
        return new GrainCalls(services.GetRequiredService<TimeProvider>(), () => view.NextChange, key => view.Owners.OwnerOf(key));
    }
}
