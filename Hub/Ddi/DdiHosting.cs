using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>Adds DDI to a silo.</summary>
internal static class DdiHosting
{
    internal static IServiceCollection AddDdi(this IServiceCollection services)
    {
        services.AddOptions<DdiOptions>().BindConfiguration(DdiOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DdiOptions>, DdiOptionsValidator>();
        services.TryAddSingleton<AgentDevices>();
        services.TryAddSingleton<AgentLog>();
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<DdiCredentials>();
        services.AddSingleton<DdiController>();
        return services;
    }
}
