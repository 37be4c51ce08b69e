using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Routing;

/// <summary>A route, ready to judge.</summary>
internal sealed record CompiledRoute(string Name, long Revision, RouteSource Source, RouteCondition Condition, ImmutableArray<long> From)
{
    /// <summary>Null if its condition is not understood, as one that a newer version stored.</summary>
    internal static CompiledRoute? Of(StoredRoute route)
    {
        try
        {
            return new CompiledRoute(route.Name, route.Revision, route.Spec.Source, RouteCondition.Parse(route.Spec.Condition), route.From);
        }
        catch (QueryException)
        {
            return null;
        }
    }

    /// <summary>Whatever its place in the log.</summary>
    internal bool Takes(RouteMessage message) => message.Source == Source && Condition.Holds(message);

    /// <summary>The first offset of the partition that it takes.</summary>
    internal long FromOf(int partition) => partition < From.Length ? From[partition] : 0;
}

/// <summary>An endpoint with the routes that go to it and are on. Replaced as a whole when any of them changes.</summary>
internal sealed record EndpointPlan(StoredEndpoint Endpoint, ImmutableArray<CompiledRoute> Routes)
{
    /// <summary>The name under which its checkpoints are kept. A name that is used again begins where its routes do, which is never before.</summary>
    internal string Consumer => "route/" + Endpoint.Name;

    /// <summary>Equal as long as nothing that matters to a runner changes.</summary>
    internal string Signature { get; } = $"{Endpoint.Revision}:{string.Join(',', Routes.Select(static route => route.Revision))}";

    internal bool NamesTwin { get; } = Routes.Any(static route => route.Condition.NamesTwin);

    /// <summary>The first offset of the partition that any of its routes takes.</summary>
    internal long From(int partition) => Routes.IsEmpty ? 0 : Routes.Min(route => route.FromOf(partition));
}

/// <summary>All endpoints, as one revision of the routes has them.</summary>
internal sealed record RoutePlan(long Revision, ImmutableArray<EndpointPlan> Endpoints)
{
    /// <summary>Before the first one was heard of.</summary>
    internal static RoutePlan None { get; } = new(-1, []);

    internal static RoutePlan Of(RoutingState state)
    {
        var routes = state.Routes.Where(static route => route.Spec.Enabled).ToLookup(static route => route.Spec.Endpoint, StringComparer.Ordinal);
        return new RoutePlan(
            state.Revision,
            [.. state.Endpoints.Select(endpoint => new EndpointPlan(endpoint, [.. routes[endpoint.Name].Select(CompiledRoute.Of).OfType<CompiledRoute>()]))]);
    }

    /// <summary>The endpoints that something must be carried to.</summary>
    internal IEnumerable<EndpointPlan> Carried => Endpoints.Where(static plan => plan.Endpoint.Spec is not EndpointSpec.Log && !plan.Routes.IsEmpty);
}
