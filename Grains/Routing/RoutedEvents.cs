using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>An event on its way to an endpoint.</summary>
/// <param name="Routes">The routes that took it, by name; at least one.</param>
public sealed record RoutedEvent(StoredEvent Event, ImmutableArray<string> Routes);

/// <summary>Picks the events that the routes of an endpoint take.</summary>
internal static class RoutedEvents
{
    /// <param name="twins">The twins, if a condition names one; read once for each batch.</param>
    /// <param name="unjudged">Told of each event that could not be judged; no route takes it, so that it holds none of the others up.</param>
    internal static async Task<ImmutableArray<RoutedEvent>> PickAsync(
        EndpointPlan plan, ImmutableArray<StoredEvent> events, SenderTwins twins, Action<StoredEvent, Exception> unjudged, CancellationToken cancellationToken)
    {
        var documents = plan.NamesTwin ? await twins.ReadAsync(events, cancellationToken) : SenderTwins.None;
        return Pick(plan.Routes, events, documents, static (route, stored) => stored.Offset >= route.FromOf(stored.Partition), unjudged);
    }

    /// <summary>The same wherever in the log they stand.</summary>
    internal static async Task<ImmutableArray<StoredEvent>> FilterAsync(
        ImmutableArray<CompiledRoute> routes, ImmutableArray<StoredEvent> events, SenderTwins twins, Action<StoredEvent, Exception> unjudged,
        CancellationToken cancellationToken)
    {
        var documents = routes.Any(static route => route.Condition.NamesTwin) ? await twins.ReadAsync(events, cancellationToken) : SenderTwins.None;
        return [.. Pick(routes, events, documents, static (_, _) => true, unjudged).Select(static routed => routed.Event)];
    }

    private static ImmutableArray<RoutedEvent> Pick(
        ImmutableArray<CompiledRoute> routes, ImmutableArray<StoredEvent> events, TwinDocuments twins, Func<CompiledRoute, StoredEvent, bool> isWithin,
        Action<StoredEvent, Exception> unjudged)
    {
        var routed = ImmutableArray.CreateBuilder<RoutedEvent>();
        foreach (var stored in events)
        {
            var takers = Takers(routes, stored, twins, isWithin, unjudged);
            if (!takers.IsEmpty)
            {
                routed.Add(new RoutedEvent(stored, takers));
            }
        }

        return routed.ToImmutable();
    }

    private static ImmutableArray<string> Takers(
        ImmutableArray<CompiledRoute> routes, StoredEvent stored, TwinDocuments twins, Func<CompiledRoute, StoredEvent, bool> isWithin,
        Action<StoredEvent, Exception> unjudged)
    {
        try
        {
            var message = RouteMessage.Of(stored, twins.Of(stored));
            return [.. routes.Where(route => isWithin(route, stored) && route.Takes(message)).Select(static route => route.Name)];
        }
        catch (Exception fault)
        {
            unjudged(stored, fault);
            return [];
        }
    }
}
