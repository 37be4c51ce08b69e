using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Muster.Amqp;

namespace Muster.EventHubs;

/// <summary>Registers the Event Hubs-compatible address.</summary>
internal static class EventHubsHosting
{
    internal static ISiloBuilder AddEventHubs(this ISiloBuilder silo)
    {
        silo.AddGrainService<ReceiverHost>();
        var services = silo.Services;
        services.TryAddSingleton(new EventHubsAddress(EventHubsEndpoint.Name, "localhost", 5671));
        services.AddSingleton<ReceiverTable>();
        services.AddSingleton<ReceiverServices>();
        services.AddSingleton<ILinkRoute, ReceiverRoute>();
        services.AddSingleton<ILinkRoute, RedirectRoute>();
        services.AddRequestNode<ManagementNode>();
        services.AddHostedService<ReceiverLeases>();
        return silo;
    }
}
