using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>Carries the events of one partition to one endpoint, for as long as it holds the checkpoint.</summary>
internal sealed partial class RouteRunner(EndpointPlan plan, int partition, IEndpointSink sink, RouteContext context)
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(5);

    private readonly ILogger logger = context.Logger;
    private readonly string endpoint = plan.Endpoint.Name;
    private readonly DeliveryBackoff backoff = new(context.Options.MinRetryDelay, context.Options.MaxRetryDelay);
    private (long Offset, long At) saved;
    private long? failingSince;
    private long passedOver;

    /// <summary>Runs until it is cancelled. What fails is tried again; a lost lease is asked for anew, since the caller says who should have it.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var position = context.Statistics.Enter(endpoint, partition);
        var retry = new RetryDelay(context.Options.MinRetryDelay * 10, context.Clock);
        await retry.RepeatAsync(() => RunLeaseAsync(position, retry, cancellationToken), Failed, cancellationToken);

        context.Statistics.Leave(position);
    }

    private void Failed(Exception fault)
    {
        LogFailed(fault, endpoint, partition);
        context.Statistics.Retried(endpoint, $"The hub itself failed: {fault.Message}");
    }

    private async Task RunLeaseAsync(RunnerPosition position, RetryDelay retry, CancellationToken cancellationToken)
    {
        var lease = await context.Checkpoints.AcquireAsync(plan.Consumer, partition, cancellationToken);
        var next = Math.Max(lease.NextOffset, plan.From(partition));
        saved = (lease.NextOffset, context.Clock.GetTimestamp());
        while (true)
        {
            position.Next = next;
            await context.Log.WaitForAsync(partition, next, cancellationToken);
            var events = await context.Log.ReadAsync(partition, next, context.Options.BatchEvents, context.Options.BatchBytes, cancellationToken);
            if (events.IsEmpty)
            {
                // What the checkpoint stands at was trimmed, and nothing came since: the next event is the log's to name.
                next = PassOver(next, context.Log.Describe(partition).FirstOffset);
                continue;
            }

            PassOver(next, events[0].Offset);
            var routed = await RoutedEvents.PickAsync(plan, events, context.Twins, Unjudged, cancellationToken);
            if (!await DeliverAsync(lease, position, routed.AsMemory(), cancellationToken))
            {
                return;
            }

            next = events[^1].Offset + 1;
            retry.Reset();

            // Of what no route takes, judging it once more costs less than a write for each batch.
            if (next != saved.Offset && context.Clock.GetElapsedTime(saved.At) >= SaveEvery && !await SaveAsync(lease, next, cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Goes on at <paramref name="first"/>. What stood before it was dropped unseen: counted once, however often it is met, and said once.</summary>
    private long PassOver(long next, long first)
    {
        var from = Math.Max(next, passedOver);
        if (first > from)
        {
            context.Statistics.Dropped(endpoint, first - from);
            if (passedOver == 0)
            {
                LogDropped(endpoint, partition, from, first - 1);
            }

            passedOver = first;
        }

        return Math.Max(next, first);
    }

    private void Unjudged(StoredEvent stored, Exception fault)
    {
        if (context.Statistics.Unjudged())
        {
            LogUnjudged(fault, endpoint, stored.Partition, stored.Offset);
        }
    }

    /// <summary>Hands over what the endpoint is to have, and saves the checkpoint behind each request; false if another owner has it.</summary>
    private async Task<bool> DeliverAsync(CheckpointLease lease, RunnerPosition position, ReadOnlyMemory<RoutedEvent> routed, CancellationToken cancellationToken)
    {
        while (!routed.IsEmpty)
        {
            var batch = routed[..sink.Fit(routed.Span)];
            await DeliverAsync(batch, cancellationToken);
            routed = routed[batch.Length..];
            position.Next = batch.Span[^1].Event.Offset + 1;
            if (!await SaveAsync(lease, position.Next, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> SaveAsync(CheckpointLease lease, long offset, CancellationToken cancellationToken)
    {
        saved = (offset, context.Clock.GetTimestamp());
        if (await context.Checkpoints.SaveAsync(lease, offset, cancellationToken))
        {
            return true;
        }

        LogLost(endpoint, partition);
        return false;
    }

    /// <summary>Returns once the endpoint has taken all, or what it has not taken is among the dead letters.</summary>
    private async Task DeliverAsync(ReadOnlyMemory<RoutedEvent> events, CancellationToken cancellationToken)
    {
        var (rest, size) = (events, events.Length);
        while (!rest.IsEmpty)
        {
            var batch = rest[..Math.Min(size, rest.Length)];
            var reply = await sink.DeliverAsync(batch, cancellationToken);
            if (reply.Delivered > 0)
            {
                context.Statistics.Delivered(endpoint, rest.Span[..reply.Delivered]);
                Recovered();
            }

            (batch, rest) = (batch[reply.Delivered..], rest[reply.Delivered..]);
            if (reply.Fault is not { } fault || batch.IsEmpty)
            {
                size = (int)Math.Min(2L * size, events.Length);
            }
            else if (Math.Min(fault.Refused, batch.Length) > 1)
            {
                // One of them may be to blame for all: half of them tell more.
                Refused(fault);
                size = batch.Length / 2;
            }
            else
            {
                rest = rest[await HandleAsync(rest, fault, cancellationToken)..];
            }
        }
    }

    /// <returns>How many of the events are done with.</returns>
    private async Task<int> HandleAsync(ReadOnlyMemory<RoutedEvent> events, SinkFault fault, CancellationToken cancellationToken)
    {
        if (fault.Refused > 0)
        {
            Refused(fault);
            return await GiveUpAsync(events[..Math.Min(fault.Refused, events.Length)], fault.Reason);
        }

        context.Statistics.Retried(endpoint, fault.Reason);
        if (failingSince is null)
        {
            LogRetries(endpoint, partition, fault.Reason);
        }

        failingSince ??= context.Clock.GetTimestamp();
        if (context.Clock.GetElapsedTime(failingSince.Value) >= plan.Endpoint.Spec.RetryFor && Expired(events.Span) is > 0 and var expired)
        {
            return await GiveUpAsync(events[..expired], fault.Reason);
        }

#pragma warning disable CA5394 // Spreads retries; nothing is to be kept secret.
        await Task.Delay(backoff.Next(Random.Shared.NextDouble()), context.Clock, cancellationToken);
#pragma warning restore CA5394
        return 0;
    }

    // It answers, even if not as one would like.
    private void Refused(SinkFault fault)
    {
        context.Statistics.Refused(endpoint, fault.Reason);
        failingSince = null;
        backoff.Reset();
    }

    // In an outage that goes on, each event has its own time: none is given up the sooner for those before it.
    private int Expired(ReadOnlySpan<RoutedEvent> events)
    {
        var before = context.Clock.GetUtcNow() - plan.Endpoint.Spec.RetryFor;
        var count = 0;
        while (count < events.Length && events[count].Event.EnqueuedAt <= before)
        {
            count++;
        }

        return count;
    }

    private async Task<int> GiveUpAsync(ReadOnlyMemory<RoutedEvent> events, string reason)
    {
        var now = context.Clock.GetUtcNow();
        var letters = ImmutableArray.CreateBuilder<DeadLetter>(events.Length);
        foreach (var routed in events.Span)
        {
            letters.Add(new DeadLetter(routed.Event, routed.Routes, reason, now));
        }

        await context.AddDeadLetters(endpoint, partition, letters.MoveToImmutable());
        context.Statistics.DeadLettered(endpoint, events.Span);
        LogGivenUp(endpoint, partition, events.Length, events.Span[0].Event.Offset, reason);
        return events.Length;
    }

    private void Recovered()
    {
        if (failingSince is not null)
        {
            failingSince = null;
            backoff.Reset();
            LogRecovered(endpoint, partition);
        }
    }
}

/// <summary>What the runners of a silo share.</summary>
internal sealed record RouteContext(
    IEventLog Log,
    ICheckpointStore Checkpoints,
    SenderTwins Twins,
    Func<string, int, ImmutableArray<DeadLetter>, Task> AddDeadLetters,
    DeliveryStatistics Statistics,
    RoutingOptions Options,
    TimeProvider Clock,
    ILogger Logger);
