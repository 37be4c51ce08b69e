using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>The routes as this silo knows them. Thread-safe.</summary>
internal sealed class CurrentRoutes
{
    private RoutePlan plan = RoutePlan.None;

    internal RoutePlan Plan
    {
        get => Volatile.Read(ref plan);
        set => Volatile.Write(ref plan, value);
    }
}

internal sealed class ConsumerGroupFilter(CurrentRoutes routes, SenderTwins twins) : IConsumerGroupFilter
{
    public bool IsFiltered(string consumerGroup) => Plans(consumerGroup).Any();

    public async ValueTask<ImmutableArray<StoredEvent>> FilterAsync(
        string consumerGroup, ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        var plans = Plans(consumerGroup).ToList();
        return plans.Count == 0 ? events : await RoutedEvents.FilterAsync([.. plans.SelectMany(static plan => plan.Routes)], events, twins, cancellationToken);
    }

    private IEnumerable<EndpointPlan> Plans(string consumerGroup) => routes.Plan.Endpoints.Where(plan =>
        plan.Endpoint.Spec is EndpointSpec.Log log && log.ConsumerGroup.Equals(consumerGroup, StringComparison.OrdinalIgnoreCase));
}
