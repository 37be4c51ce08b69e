using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Muster.Routing;

/// <summary>What silos ask of the routing grain, and tell it. Key: 0, the same grain as <see cref="IRoutingGrain"/>.</summary>
[Alias("muster.IRoutePlanGrain")]
public interface IRoutePlanGrain : IGrainWithIntegerKey
{
    /// <summary>Keeps a silo's report until the next one, or until the silo was silent for half a minute.</summary>
    /// <param name="silo">The silo's name.</param>
    /// <param name="known">The revision that the silo has.</param>
    /// <param name="report">How its deliveries go.</param>
    /// <returns>All routes and endpoints, secrets encrypted; null if nothing changed since <paramref name="known"/>.</returns>
    [Alias("Sync"), AlwaysInterleave]
    Task<RoutingState?> SyncAsync(string silo, long known, DeliveryReport report);
}

/// <summary>How a silo's deliveries go.</summary>
[GenerateSerializer, Immutable, Alias("muster.DeliveryReport")]
public sealed record DeliveryReport(
    [property: Id(0)] ImmutableArray<NamedDeliveryStatus> Endpoints, [property: Id(1)] ImmutableArray<NamedDeliveryStatus> Routes);

/// <summary>How deliveries of one endpoint, or for one route, go.</summary>
[GenerateSerializer, Immutable, Alias("muster.NamedDeliveryStatus")]
public sealed record NamedDeliveryStatus([property: Id(0)] string Name, [property: Id(1)] DeliveryStatus Status);
