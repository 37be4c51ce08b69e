using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Devices;

namespace Muster.Telemetry;

/// <summary>Registers what carries telemetry from the log to the devices.</summary>
internal static class TelemetryHosting
{
    internal static IServiceCollection AddPartitionPumps(this IServiceCollection services)
    {
        services.AddOptions<PumpOptions>().BindConfiguration(PumpOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PumpOptions>, PumpOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<PumpInstruments>();
        services.AddSingleton(CreateContext);
        services.AddHostedService<PartitionPumpService>();
        return services;
    }

    private static PumpContext CreateContext(IServiceProvider services)
    {
        var grains = services.GetRequiredService<IGrainFactory>();
        var instruments = services.GetRequiredService<PumpInstruments>();
        var options = services.GetRequiredService<IOptions<PumpOptions>>().Value;
        var clock = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var logger = services.GetRequiredService<ILogger<PartitionPump>>();
        return new PumpContext(
            services.GetRequiredService<IEventLog>(),
            services.GetRequiredService<ICheckpointStore>(),
            new DeviceObservers((device, batch) => grains.GetGrain<IDeviceGrain>(device).ObserveAsync(batch), instruments, options, clock, logger),
            instruments,
            options,
            clock,
            logger);
    }
}
