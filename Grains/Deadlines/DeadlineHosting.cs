using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Muster.Sessions;

namespace Muster.Deadlines;

/// <summary>Registers what looks for rows that wait for something; without a store that has the index, nothing does.</summary>
internal static class DeadlineHosting
{
    internal static IServiceCollection AddDeadlines(this IServiceCollection services)
    {
        services.AddOptions<DeadlineOptions>().BindConfiguration(DeadlineOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DeadlineOptions>, DeadlineOptionsValidator>();
        services.AddSingleton<IHostedService>(provider => provider.GetService<IDeadlineIndex>() is { } index
            ? ActivatorUtilities.CreateInstance<DeadlineScanner>(provider, index) : new Nothing());
        services.AddSingleton<IHostedService>(provider => provider.GetService<ISessionIndex>() is { } index
            ? ActivatorUtilities.CreateInstance<SessionSweeper>(provider, index) : new Nothing());
        return services;
    }

    private sealed class Nothing : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
