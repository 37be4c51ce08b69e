using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Registers what makes the cluster a mirror of an upstream hub. It rests unless that is registered too, see <see cref="IUpstreamHub"/>.</summary>
internal static class MirrorHosting
{
    internal static IServiceCollection AddUpstreamMirror(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<MirrorInstruments>();
        services.AddSingleton(CreateContext);
        services.AddHostedService<UpstreamPumpService>();
        return services;
    }

    private static UpstreamContext CreateContext(IServiceProvider services)
    {
        var grains = services.GetRequiredService<IGrainFactory>();
        var instruments = services.GetRequiredService<MirrorInstruments>();
        var pump = services.GetRequiredService<IOptions<PumpOptions>>().Value;
        var clock = services.GetRequiredService<TimeProvider>();
        var logger = services.GetRequiredService<ILogger<UpstreamPump>>();
        return new UpstreamContext(
            services.GetRequiredService<IUpstreamEvents>(),
            services.GetRequiredService<IEventLog>(),
            services.GetRequiredService<ICheckpointStore>(),
            new UpstreamMirrors(
                (device, batch) => grains.GetGrain<IUpstreamMirror>(device).ApplyAsync(batch),
                reason => grains.GetGrain<IUpstreamSyncGrain>(0).AskAsync(reason),
                instruments,
                pump,
                clock,
                logger),
            instruments,
            services.GetRequiredService<IOptions<UpstreamOptions>>().Value,
            pump,
            grains,
            clock,
            logger);
    }
}
