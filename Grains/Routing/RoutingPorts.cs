using System.Collections.Immutable;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>Makes what carries events to an endpoint.</summary>
public interface IEndpointSinks
{
    /// <param name="name">The endpoint's name.</param>
    /// <param name="spec">A webhook or a Kafka topic.</param>
    /// <param name="secret">In clear; null if there is none.</param>
    /// <exception cref="Exception">It cannot be made with these settings; the message is for the operator.</exception>
    IEndpointSink Create(string name, EndpointSpec spec, string? secret);
}

/// <summary>Carries events to one endpoint, for all partitions of a silo. Thread-safe.</summary>
public interface IEndpointSink : IAsyncDisposable
{
    /// <summary>How many of the events, from the first on, go together. At least one.</summary>
    int Fit(ReadOnlySpan<RoutedEvent> events);

    /// <summary>Hands events over in order. Faults of the endpoint are in the answer; only cancelling throws.</summary>
    Task<SinkReply> DeliverAsync(ReadOnlyMemory<RoutedEvent> events, CancellationToken cancellationToken);
}

/// <summary>What an endpoint made of a delivery.</summary>
/// <param name="Delivered">How many events it has taken, from the first on; what stands behind them may or may not have been taken.</param>
/// <param name="Fault">Why it has not taken all; null if it has.</param>
public readonly record struct SinkReply(int Delivered, SinkFault? Fault);

/// <summary>Why an endpoint did not take an event.</summary>
/// <param name="Reason">One sentence for the operator.</param>
/// <param name="Refused">
/// How many events, behind those that were delivered, it will not take together; 0 if it may take them later. Where they are several, fewer of them are tried.
/// </param>
public sealed record SinkFault(string Reason, int Refused = 0);

/// <summary>
/// What consumer groups see of the hub's log. A group that an endpoint of type <c>log</c> names sees the events that its routes take; all others see
/// everything.
/// </summary>
public interface IConsumerGroupFilter
{
    /// <summary>Whether the group sees a part only. Follows changes within <c>Routes:RefreshEvery</c>.</summary>
    bool IsFiltered(string consumerGroup);

    /// <summary>The events that the group sees, in order; what it was given, if it is not filtered.</summary>
    ValueTask<ImmutableArray<StoredEvent>> FilterAsync(string consumerGroup, ImmutableArray<StoredEvent> events, CancellationToken cancellationToken);
}
