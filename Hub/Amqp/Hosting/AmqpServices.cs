using Microsoft.Extensions.DependencyInjection;

namespace Muster.Amqp;

/// <summary>The AMQP engine's registrations. A room adds its own addresses as further <see cref="ILinkRoute"/>s.</summary>
internal static class AmqpServices
{
    public static void AddAmqp(this IServiceCollection services)
    {
        services.AddSingleton<Connections>();
        services.AddSingleton<UnprovedLimit>();
        services.AddSingleton<EngineLog>();
        services.AddSingleton<TokenCheck>();
        services.AddSingleton<PeerServices>();
        services.AddSingleton<LinkProcessor>();
        services.AddSingleton<AmqpEngine>();
        services.AddSingleton<SaslFront>();
        services.AddSingleton<FrontDoor>();
        services.AddSingleton<AmqpConnectionHandler>();
        services.AddRequestNode<CbsNode>();
    }

    /// <summary>The links of devices and of back offices. Needs <c>SessionServices</c> and a silo.</summary>
    public static void AddAmqpRooms(this IServiceCollection services)
    {
        services.AddSingleton<DeviceDoor>();
        services.AddSingleton<ILinkRoute, DeviceRoute>();
        services.AddSingleton<ILinkRoute, ServiceRoute>();
    }

    /// <summary>A node that answers requests, with its route.</summary>
    public static void AddRequestNode<TNode>(this IServiceCollection services)
        where TNode : class, IRequestNode
    {
        services.AddSingleton<TNode>();
        services.AddSingleton<ILinkRoute>(static provider => new RequestRoute(provider.GetRequiredService<TNode>()));
    }
}
