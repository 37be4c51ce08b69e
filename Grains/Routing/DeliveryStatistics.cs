using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>How deliveries of this silo go: for the metrics, and for those who ask of a route. Thread-safe.</summary>
internal sealed class DeliveryStatistics
{
    /// <summary>The meter's name, for exporters.</summary>
    internal const string MeterName = "Muster.Routes";

    private const int MaxErrorLength = 500;

    private readonly ConcurrentDictionary<string, Tally> endpoints = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Tally> routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<RunnerPosition, byte> positions = [];
    private readonly Counter<long> delivered;
    private readonly Counter<long> deadLettered;
    private readonly Counter<long> retries;
    private readonly Counter<long> dropped;
    private readonly Counter<long> unjudged;
    private readonly TimeProvider clock;
    private readonly IServiceProvider services;
    private int hasUnjudged;

    public DeliveryStatistics(IMeterFactory meters, TimeProvider clock, IServiceProvider services)
    {
        (this.clock, this.services) = (clock, services);
        var meter = meters.Create(MeterName);
        delivered = meter.CreateCounter<long>("muster.routes.delivered", "{event}", "Events that an endpoint took");
        deadLettered = meter.CreateCounter<long>("muster.routes.dead_lettered", "{event}", "Events that an endpoint did not take, and that were kept as dead letters");
        retries = meter.CreateCounter<long>("muster.routes.retries", "{delivery}", "Deliveries that failed and are made again");
        dropped = meter.CreateCounter<long>("muster.routes.dropped", "{event}", "Events that the log no longer held when an endpoint's consumer came to them");
        unjudged = meter.CreateCounter<long>("muster.routes.unjudged", "{event}", "Events that no route took since judging them failed");
        meter.CreateObservableGauge("muster.routes.lag", Lags, "{event}", "Events in the log that an endpoint's consumers of this silo have not handled yet");
    }

    /// <summary>Where a runner is; given back by <see cref="Leave"/>.</summary>
    internal RunnerPosition Enter(string endpoint, int partition)
    {
        var position = new RunnerPosition(endpoint, partition);
        positions.TryAdd(position, 0);
        return position;
    }

    internal void Leave(RunnerPosition position) => positions.TryRemove(position, out _);

    internal void Delivered(string endpoint, ReadOnlySpan<RoutedEvent> events)
    {
        delivered.Add(events.Length, Tag(endpoint));
        var now = clock.GetUtcNow();
        Of(endpoints, endpoint).Delivered(events.Length, now);
        foreach (var routed in events)
        {
            foreach (var route in routed.Routes)
            {
                Of(routes, route).Delivered(1, now);
            }
        }
    }

    internal void DeadLettered(string endpoint, ReadOnlySpan<RoutedEvent> events)
    {
        deadLettered.Add(events.Length, Tag(endpoint));
        Of(endpoints, endpoint).DeadLettered(events.Length);
        foreach (var routed in events)
        {
            foreach (var route in routed.Routes)
            {
                Of(routes, route).DeadLettered(1);
            }
        }
    }

    /// <summary>A delivery failed and is made again.</summary>
    internal void Retried(string endpoint, string reason)
    {
        retries.Add(1, Tag(endpoint));
        Of(endpoints, endpoint).Failed(Short(reason), clock.GetUtcNow(), retries: 1);
    }

    /// <summary>The log no longer held so many events when the endpoint's consumer came to them, routed or not.</summary>
    internal void Dropped(string endpoint, long events)
    {
        dropped.Add(events, Tag(endpoint));
        Of(endpoints, endpoint).Dropped(events);
    }

    /// <summary>An event could not be judged.</summary>
    /// <returns>True for the first one of this process.</returns>
    internal bool Unjudged()
    {
        unjudged.Add(1);
        return Interlocked.Exchange(ref hasUnjudged, 1) == 0;
    }

    /// <summary>A delivery failed for good.</summary>
    internal void Refused(string endpoint, string reason) => Of(endpoints, endpoint).Failed(Short(reason), clock.GetUtcNow(), retries: 0);

    /// <summary>Forgets what is no longer there, and says the rest.</summary>
    internal DeliveryReport Report(RoutingState? state)
    {
        if (state is not null)
        {
            Keep(endpoints, state.Endpoints.Select(static endpoint => endpoint.Name));
            Keep(routes, state.Routes.Select(static route => route.Name));
        }

        var lags = Lag();
        return new DeliveryReport(
            [.. endpoints.Keys.Union(lags.Keys).Select(name => new NamedDeliveryStatus(name, Of(endpoints, name).Status(lags.TryGetValue(name, out var lag) ? lag : null)))],
            [.. routes.Select(static entry => new NamedDeliveryStatus(entry.Key, entry.Value.Status(null)))]);
    }

    private static void Keep(ConcurrentDictionary<string, Tally> tallies, IEnumerable<string> names)
    {
        foreach (var gone in tallies.Keys.Except(names, StringComparer.Ordinal))
        {
            tallies.TryRemove(gone, out _);
        }
    }

    private static Tally Of(ConcurrentDictionary<string, Tally> tallies, string name) => tallies.GetOrAdd(name, static _ => new Tally());

    private static string Short(string reason) => reason.Length > MaxErrorLength ? reason[..MaxErrorLength] : reason;

    private static KeyValuePair<string, object?> Tag(string endpoint) => new("endpoint", endpoint);

    private Dictionary<string, long> Lag()
    {
        var lags = new Dictionary<string, long>(StringComparer.Ordinal);
        if (services.GetService(typeof(IEventLog)) is IEventLog log)
        {
            foreach (var position in positions.Keys)
            {
                lags[position.Endpoint] = lags.GetValueOrDefault(position.Endpoint) + Math.Max(0, log.Describe(position.Partition).NextOffset - position.Next);
            }
        }

        return lags;
    }

    private IEnumerable<Measurement<long>> Lags() => Lag().Select(static entry => new Measurement<long>(entry.Value, Tag(entry.Key)));

    private sealed class Tally
    {
        private readonly Lock gate = new();
        private DeliveryStatus status = new();

        internal void Delivered(int events, DateTimeOffset now) =>
            Change(old => old with { Delivered = old.Delivered + events, LastDeliveredAt = now });

        internal void DeadLettered(int events) => Change(old => old with { DeadLettered = old.DeadLettered + events });

        internal void Dropped(long events) => Change(old => old with { Dropped = old.Dropped + events });

        internal void Failed(string reason, DateTimeOffset now, int retries) =>
            Change(old => old with { Retries = old.Retries + retries, LastError = reason, LastErrorAt = now });

        internal DeliveryStatus Status(long? lag)
        {
            lock (gate)
            {
                return status with { Lag = lag };
            }
        }

        private void Change(Func<DeliveryStatus, DeliveryStatus> change)
        {
            lock (gate)
            {
                status = change(status);
            }
        }
    }
}

/// <summary>Where in a partition of the log a runner is.</summary>
internal sealed class RunnerPosition(string endpoint, int partition)
{
    private long next = long.MaxValue;

    internal string Endpoint => endpoint;

    internal int Partition => partition;

    /// <summary>The first offset that was not handled.</summary>
    internal long Next
    {
        get => Volatile.Read(ref next);
        set => Volatile.Write(ref next, value);
    }
}
