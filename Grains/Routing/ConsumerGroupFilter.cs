using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
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

internal sealed partial class ConsumerGroupFilter(CurrentRoutes routes, SenderTwins twins, DeliveryStatistics statistics, ILogger<ConsumerGroupFilter> logger)
    : IConsumerGroupFilter
{
    public bool IsFiltered(string consumerGroup) => Plans(consumerGroup).Any();

    public async ValueTask<ImmutableArray<StoredEvent>> FilterAsync(
        string consumerGroup, ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        var plans = Plans(consumerGroup).ToList();
        return plans.Count == 0
            ? events
            : await RoutedEvents.FilterAsync([.. plans.SelectMany(static plan => plan.Routes)], events, twins, Unjudged, cancellationToken);
    }

    private void Unjudged(StoredEvent stored, Exception fault)
    {
        if (statistics.Unjudged())
        {
            LogUnjudged(fault, stored.Partition, stored.Offset);
        }
    }

    private IEnumerable<EndpointPlan> Plans(string consumerGroup) => routes.Plan.Endpoints.Where(plan =>
        plan.Endpoint.Spec is EndpointSpec.Log log && log.ConsumerGroup.Equals(consumerGroup, StringComparison.OrdinalIgnoreCase));

    [LoggerMessage(EventId = 6210, Level = LogLevel.Error,
        Message = "The event at offset {Offset} of partition {Partition} could not be judged: filtered consumer groups do not see it; others like it are only counted")]
    private partial void LogUnjudged(Exception fault, int partition, long offset);
}
