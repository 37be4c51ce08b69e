using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Devices;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>Registers what carries events along the routes; <see cref="IEndpointSinks"/> is another's to register.</summary>
internal static class RoutingHosting
{
    internal static IServiceCollection AddRoutes(this IServiceCollection services)
    {
        services.AddOptions<RoutingOptions>().BindConfiguration(RoutingOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RoutingOptions>, RoutingOptionsValidator>();
        services.AddSingleton<CurrentRoutes>();
        services.AddSingleton<DeliveryStatistics>();
        services.AddSingleton(static provider =>
        {
            var grains = provider.GetRequiredService<IGrainFactory>();
            return new SenderTwins(device => grains.GetGrain<IDeviceGrain>(device).GetTwinAsync().AsTask());
        });
        services.AddSingleton<IConsumerGroupFilter, ConsumerGroupFilter>();
        services.AddSingleton(CreateContext);
        services.AddHostedService<RouteRunnerService>();
        return services;
    }

    private static RouteContext CreateContext(IServiceProvider services)
    {
        var grains = services.GetRequiredService<IGrainFactory>();
        return new RouteContext(
            services.GetRequiredService<IEventLog>(),
            services.GetRequiredService<ICheckpointStore>(),
            services.GetRequiredService<SenderTwins>(),
            (endpoint, partition, letters) => DeadLetters.AddAsync(grains, endpoint, partition, letters),
            services.GetRequiredService<DeliveryStatistics>(),
            services.GetRequiredService<IOptions<RoutingOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<RouteRunner>>());
    }
}
