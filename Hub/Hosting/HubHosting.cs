using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Muster.Amqp;
using Muster.Ddi;
using Muster.EventHubs;
using Muster.Mender;
using Muster.Mqtt;
using Muster.Sessions;
using Muster.Updates;

namespace Muster;

/// <summary>Adds the device side to a silo.</summary>
public static class HubHosting
{
    /// <summary>
    /// Sessions, their grain service and their time-outs. Needs <c>IEventLog</c>, <c>IDeviceReader</c>, <c>ISecretProtector</c> and
    /// <c>IAccessPolicies</c>, and <c>IKeyDerivation</c> where update agents come; <see cref="MqttListening.ListenMqtt"/>, <see cref="AmqpListening.ListenAmqp"/> and
    /// <see cref="DeviceWebSockets.MapDeviceWebSockets"/> let devices in.
    /// </summary>
    public static ISiloBuilder AddMusterHub(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.AddGrainService<SessionHost>();
        silo.AddEventHubs();
        var services = silo.Services;
        services.AddOptions<HubOptions>().BindConfiguration(HubOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HubOptions>, HubOptionsValidator>();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SessionTable>();
        services.AddSingleton<TimerWheel>();
        services.AddSingleton<ConnectionLimit>();
        services.AddSingleton<HubInstruments>();
        services.AddSingleton<HubState>();
        services.AddSingleton<DeviceListeners>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<DeviceListeners>());
        services.AddSingleton<SessionServices>();
        services.AddSingleton<Authentication>();
        services.AddSingleton<ConnectGate>();
        services.AddSingleton<AcceptGate>();
        services.AddSingleton<MqttConnectionHandler>();
        services.AddAmqp();
        services.AddAmqpRooms();
        services.TryAddSingleton<IAgentLinks, NoAgentLinks>();
        services.AddDdi();
        services.AddMender();
        services.AddSingleton<SessionAudit>();
        services.AddHostedService(static provider => provider.GetRequiredService<SessionAudit>());
        services.AddHostedService<SessionResume>();
        services.AddHostedService<WheelService>();
        services.AddHostedService<HubLifetime>();
        return silo;
    }
}
