using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Muster.Events;

/// <summary>Registers what tells the log of devices, and who may read it.</summary>
internal static class DeviceEventHosting
{
    internal static IServiceCollection AddDeviceEvents(this IServiceCollection services)
    {
        services.AddOptions<DeviceEventOptions>().BindConfiguration(DeviceEventOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DeviceEventOptions>, DeviceEventOptionsValidator>();
        services.AddSingleton<DeviceEventInstruments>();
        services.AddSingleton<DeviceEventQueue>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<DeviceEventQueue>());
        services.AddSingleton<IReceiverHosts, ReceiverHosts>();
        return services;
    }
}
