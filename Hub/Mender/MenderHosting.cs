using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>Adds the device API of Mender to a silo.</summary>
internal static class MenderHosting
{
    internal static IServiceCollection AddMender(this IServiceCollection services)
    {
        services.AddOptions<MenderOptions>().BindConfiguration(MenderOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MenderOptions>, MenderOptionsValidator>();
        services.TryAddSingleton<AgentDevices>();
        services.TryAddSingleton<AgentLog>();
        services.AddSingleton<MenderTokens>();
        services.AddSingleton<MenderAcceptance>();
        services.AddSingleton<MenderClients>();
        return services;
    }
}
