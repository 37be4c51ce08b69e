using Microsoft.Extensions.DependencyInjection;
using Muster.Access;

namespace Muster.Gates;

/// <summary>Registers what calls whoever opens gates: for every silo, whether devices connect to it or not.</summary>
public static class GatesHosting
{
    /// <summary>Needs <c>IKeyDerivation</c>, <c>ISecretProtector</c> and a <see cref="HubAddress"/>.</summary>
    public static IServiceCollection AddGateCalls(this IServiceCollection services)
    {
        services.AddSingleton(static provider => new GateLinks(provider.GetRequiredService<IKeyDerivation>(), () => provider.GetRequiredService<HubAddress>().Authority));
        return services.AddSingleton<IGateCalls, GateCaller>();
    }
}
