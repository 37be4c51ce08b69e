using Microsoft.Extensions.DependencyInjection.Extensions;
using Muster.Access;
using Muster.Calls;
using Muster.CloudToDevice;
using Muster.Cluster;
using Muster.ConsumerGroups;
using Muster.Devices;
using Muster.Gates;
using Muster.Health;
using Muster.Methods;
using Muster.Query;
using Muster.Releases;
using Muster.Rollouts;
using Muster.Routing;
using Muster.Telemetry;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Gateway;

/// <summary>The service API as a part of a host that has an <see cref="IGrainFactory"/>: a silo, or an Orleans client.</summary>
public static class GatewayApiHosting
{
    /// <summary>Registers what the API needs. Idempotent.</summary>
    public static IServiceCollection AddGatewayApi(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TokenCache>();
        services.TryAddSingleton(static provider => new GrainCalls(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<CallerAuthentication>();
        services.TryAddSingleton<MethodCalls>();
        services.TryAddSingleton<RolloutStreams>();
        return services.AddApiDescription();
    }

    /// <summary>Maps IoT Hub's service routes, our own under <c>/api/v1</c>, <c>/health</c>, <c>/openapi/v1.json</c> and <c>/docs</c>.</summary>
    public static IEndpointRouteBuilder MapGatewayApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").WithMetadata(new ServiceApi());
        api.MapHealth();

        var hub = api.MapGroup("").AddEndpointFilter<FaultFilter>().AddEndpointFilter<HubProtocolFilter>().Guarded().WithMetadata(
            new DescribedParameter(Microsoft.OpenApi.ParameterLocation.Query, HubProtocolFilter.ApiVersion, "A date such as 2021-04-12.", typeof(string), Required: true));
        hub.MapDevices();
        hub.MapBulk();
        hub.MapModules();
        hub.MapStatistics();
        hub.MapTwins();
        hub.MapMethods();
        hub.MapCommands();
        hub.MapFeedback();
        hub.MapQuery();

        var own = api.MapGroup("").AddEndpointFilter<FaultFilter>().Guarded().WithMetadata(new OwnApi());
        own.MapEvents();
        own.MapConsumerGroups();
        own.MapTelemetry();
        own.MapMessages();
        own.MapCluster();
        own.MapRoutes();
        own.MapEndpoints();
        own.MapAgentTokens();
        own.MapRollouts();
        own.MapApprovals();
        own.MapUpdates();
        own.MapGates();
        api.MapGroup("").AddEndpointFilter<FaultFilter>().AddEndpointFilter<BodyFilter>().AddEndpointFilter<RetryFilter>().WithMetadata(new OwnApi()).MapGateCallbacks();
        own.MapReleases();
        own.MapReleaseArtifacts();
        own.MapSigningKeys();
        own.MapGoldenReleases();
        own.MapPrincipals();

        routes.MapApiDescription();
        return routes;
    }

    /// <summary>Who asks, what about, with which body: in this order, so that strangers learn nothing and cannot make us buffer; then the handler, perhaps more than once.</summary>
    internal static RouteGroupBuilder Guarded(this RouteGroupBuilder group) =>
        group.AddEndpointFilter<AccessFilter>().AddEndpointFilter<RouteFilter>().AddEndpointFilter<BodyFilter>().AddEndpointFilter<RetryFilter>();
}
