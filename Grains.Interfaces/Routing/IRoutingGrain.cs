using System.Collections.Immutable;
using Muster.Errors;
using Orleans.Concurrency;

namespace Muster.Routing;

/// <summary>
/// The hub's routes and endpoints. Key: 0; one document, so that a route never names an endpoint that is gone. Every reply that says a change was
/// accepted is sent after the change was durable; silos follow it within <c>Routes:RefreshEvery</c>.
/// </summary>
[Alias("muster.IRoutingGrain")]
public interface IRoutingGrain : IGrainWithIntegerKey
{
    /// <summary>All routes, by name.</summary>
    [Alias("ListRoutes"), ReadOnly, AlwaysInterleave]
    Task<ImmutableArray<RouteView>> ListRoutesAsync();

    /// <summary>Refused: RouteNotFound.</summary>
    [Alias("GetRoute"), ReadOnly, AlwaysInterleave]
    Task<RouteReply> GetRouteAsync(string name);

    /// <summary>
    /// Makes or replaces a route. A new one, one that was off and one that goes to another endpoint take the events from now on; otherwise it goes on
    /// where it is.
    /// </summary>
    /// <returns>Refused: ArgumentInvalid (a condition, with the position in it; an endpoint that is not there), TooManyRoutes, PreconditionFailed.</returns>
    [Alias("PutRoute")]
    Task<RouteReply> PutRouteAsync(string name, RouteSpec spec, RoutingPrecondition condition);

    /// <returns>Null once it is gone; RouteNotFound, PreconditionFailed.</returns>
    [Alias("DeleteRoute")]
    Task<Refusal?> DeleteRouteAsync(string name, string? ifMatch);

    /// <summary>All endpoints, by name.</summary>
    [Alias("ListEndpoints"), ReadOnly, AlwaysInterleave]
    Task<ImmutableArray<EndpointView>> ListEndpointsAsync();

    /// <summary>Refused: EndpointNotFound.</summary>
    [Alias("GetEndpoint"), ReadOnly, AlwaysInterleave]
    Task<EndpointReply> GetEndpointAsync(string name);

    /// <summary>Makes or replaces an endpoint.</summary>
    /// <returns>Refused: ArgumentInvalid, TooManyEndpoints, PreconditionFailed.</returns>
    [Alias("PutEndpoint")]
    Task<EndpointReply> PutEndpointAsync(string name, EndpointSpec spec, RoutingPrecondition condition);

    /// <summary>Deletes an endpoint and its dead letters.</summary>
    /// <returns>Null once it is gone; EndpointNotFound, EndpointInUse (a route names it), PreconditionFailed.</returns>
    [Alias("DeleteEndpoint")]
    Task<Refusal?> DeleteEndpointAsync(string name, string? ifMatch);

    /// <summary>Says which routes would take a message, and sends nothing.</summary>
    [Alias("TestRoutes"), ReadOnly, AlwaysInterleave]
    Task<RouteTestResult> TestAsync(RouteTest test);

    /// <summary>Reads the dead letters of an endpoint.</summary>
    /// <param name="name">The endpoint.</param>
    /// <param name="after">From the page before; null for the first.</param>
    /// <param name="max">1 to 100.</param>
    [Alias("ListDeadLetters"), ReadOnly, AlwaysInterleave]
    Task<DeadLetterReply> ListDeadLettersAsync(string name, DeadLetterPosition? after, int max);

    /// <summary>Forgets the dead letters of an endpoint.</summary>
    /// <returns>Null once they are gone; EndpointNotFound.</returns>
    [Alias("ClearDeadLetters")]
    Task<Refusal?> ClearDeadLettersAsync(string name);
}
