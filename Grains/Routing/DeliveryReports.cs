using System.Collections.Immutable;

namespace Muster.Routing;

/// <summary>What silos said lately of their deliveries.</summary>
internal sealed class DeliveryReports
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, (DeliveryReport Report, DateTimeOffset At)> bySilo = new(StringComparer.Ordinal);

    internal void Keep(string silo, DeliveryReport report, DateTimeOffset now)
    {
        bySilo[silo] = (report, now);
        foreach (var (other, (_, at)) in bySilo)
        {
            if (now - at > Patience)
            {
                bySilo.Remove(other);
            }
        }
    }

    internal DeliveryStatus OfEndpoint(string name) => Sum(static report => report.Endpoints, name);

    /// <summary>Counts of the route; lag, what was dropped and errors are its endpoint's, since all routes of an endpoint wait for it together.</summary>
    internal DeliveryStatus OfRoute(StoredRoute route)
    {
        var (own, endpoint) = (Sum(static report => report.Routes, route.Name), OfEndpoint(route.Spec.Endpoint));
        return route.Spec.Enabled
            ? endpoint with { Delivered = own.Delivered, DeadLettered = own.DeadLettered, LastDeliveredAt = own.LastDeliveredAt }
            : own;
    }

    private DeliveryStatus Sum(Func<DeliveryReport, ImmutableArray<NamedDeliveryStatus>> part, string name) => bySilo.Values
        .SelectMany(entry => part(entry.Report))
        .Where(entry => entry.Name == name)
        .Select(static entry => entry.Status)
        .Aggregate(new DeliveryStatus(), Add);

    private static DeliveryStatus Add(DeliveryStatus sum, DeliveryStatus more)
    {
        var newer = (more.LastErrorAt ?? DateTimeOffset.MinValue) > (sum.LastErrorAt ?? DateTimeOffset.MinValue) ? more : sum;
        return new DeliveryStatus
        {
            Lag = sum.Lag is null && more.Lag is null ? null : (sum.Lag ?? 0) + (more.Lag ?? 0),
            Delivered = sum.Delivered + more.Delivered,
            DeadLettered = sum.DeadLettered + more.DeadLettered,
            Retries = sum.Retries + more.Retries,
            Dropped = sum.Dropped + more.Dropped,
            LastError = newer.LastError,
            LastErrorAt = newer.LastErrorAt,
            LastDeliveredAt = sum.LastDeliveredAt is null || more.LastDeliveredAt > sum.LastDeliveredAt ? more.LastDeliveredAt : sum.LastDeliveredAt,
        };
    }
}
