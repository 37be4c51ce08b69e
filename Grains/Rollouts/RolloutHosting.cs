using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Rollouts;

/// <summary>Registers what runs rollouts; without a store that knows members nothing looks at them.</summary>
internal static class RolloutHosting
{
    internal static IServiceCollection AddRollouts(this IServiceCollection services)
    {
        services.AddOptions<RolloutOptions>().BindConfiguration(RolloutOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RolloutOptions>, RolloutOptionsValidator>();
        services.TryAddSingleton<IRolloutDevices, RolloutDevices>();
        services.AddSingleton<RolloutInstruments>();
        services.AddSingleton<RolloutServices>();
        services.AddSingleton<IHostedService>(static provider => provider.GetService<IRolloutTargets>() is null
            ? new Nothing() : ActivatorUtilities.CreateInstance<RolloutWatch>(provider));
        return services;
    }

    private sealed class Nothing : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
