using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Muster.Telemetry;

/// <summary>Carries one partition's events to the devices, for as long as it holds the checkpoint.</summary>
internal sealed partial class PartitionPump(int partition, PumpContext context)
{
    /// <summary>The name under which the checkpoints are kept.</summary>
    internal const string Consumer = "observe";

    private readonly ILogger logger = context.Logger;
    private long passedOver;

    /// <summary>Runs until it is cancelled. What fails is tried again; a lost lease is asked for anew, since the caller says who should have it.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RetryDelay(context.Options.MaxRetryDelay, context.Clock);
        await retry.RepeatAsync(() => RunLeaseAsync(retry, cancellationToken), e => LogFailed(e, partition), cancellationToken);

        context.Instruments.Releases(partition);
    }

    private async Task RunLeaseAsync(RetryDelay retry, CancellationToken cancellationToken)
    {
        var lease = await context.Checkpoints.AcquireAsync(Consumer, partition, cancellationToken);
        var next = lease.NextOffset;
        context.Instruments.Owns(partition, next);
        while (true)
        {
            await WaitForAsync(next, cancellationToken);
            if (context.Options.Linger > TimeSpan.Zero && context.Log.Describe(partition).NextOffset - next < context.Options.BatchEvents)
            {
                await Task.Delay(context.Options.Linger, context.Clock, cancellationToken);
            }

            var events = await context.Log.ReadAsync(partition, next, context.Options.BatchEvents, context.Options.BatchBytes, cancellationToken);
            if (events.IsEmpty)
            {
                // What the checkpoint stands at was trimmed, and nothing came since: the next event is the log's to name.
                next = PassOver(next, context.Log.Describe(partition).FirstOffset);
                continue;
            }

            next = PassOver(next, events[0].Offset);
            if (!await ObserveAsync(lease with { NextOffset = next }, events, cancellationToken))
            {
                LogLost(partition);
                return;
            }

            next = events[^1].Offset + 1;
            context.Instruments.Observed(partition, events.Length, next);
            retry.Reset();
        }
    }

    /// <summary>Tells the devices and saves the checkpoint behind the events; false if another owner has it.</summary>
    private async Task<bool> ObserveAsync(CheckpointLease lease, ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        var left = await context.Observers.ObserveAsync(events, cancellationToken);
        if (left.Count > 0)
        {
            // Saved where it stands, the checkpoint shows that the database answers; while it does not, all of this comes again. An outage that ended
            // just now costs no device what it could not take before.
            if (!await context.Checkpoints.SaveAsync(lease, lease.NextOffset, cancellationToken))
            {
                return false;
            }

            await context.Observers.OfferAsync(left, cancellationToken);
        }

        return await context.Checkpoints.SaveAsync(lease, events[^1].Offset + 1, cancellationToken);
    }

    /// <summary>Goes on at <paramref name="first"/>. What stood before it was dropped unseen: counted once, however often it is met, and said once.</summary>
    private long PassOver(long next, long first)
    {
        var from = Math.Max(next, passedOver);
        if (first > from)
        {
            context.Instruments.Dropped(first - from);
            if (passedOver == 0)
            {
                LogDropped(partition, from, first - 1);
            }

            passedOver = first;
        }

        return Math.Max(next, first);
    }

    /// <summary>A log that ends before the checkpoint, for longer than a silo takes to hear of the others' appends, is worth a word: once.</summary>
    private async Task WaitForAsync(long next, CancellationToken cancellationToken)
    {
        var arrival = context.Log.WaitForAsync(partition, next, cancellationToken).AsTask();
        if (!arrival.IsCompleted && IsBehind(next))
        {
            await Task.WhenAny(arrival, Task.Delay(context.Options.MaxRetryDelay, context.Clock, cancellationToken));
            if (!arrival.IsCompleted && !cancellationToken.IsCancellationRequested && IsBehind(next))
            {
                LogBehind(partition, next, context.Log.Describe(partition).NextOffset);
            }
        }

        await arrival;
    }

    private bool IsBehind(long next) => context.Log.Describe(partition).NextOffset < next;

    [LoggerMessage(EventId = 6001, Level = LogLevel.Error, Message = "The pump of event partition {Partition} failed and is started again")]
    private partial void LogFailed(Exception exception, int partition);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Information, Message = "Another owner took the checkpoint of event partition {Partition} over")]
    private partial void LogLost(int partition);

    [LoggerMessage(EventId = 6008, Level = LogLevel.Warning,
        Message = "Event partition {Partition} is handled up to offset {Checkpoint}, but the log ends at {NextOffset}: events are not observed until it gets there")]
    private partial void LogBehind(int partition, long checkpoint, long nextOffset);

    [LoggerMessage(EventId = 6009, Level = LogLevel.Warning,
        Message = "Event partition {Partition} no longer held offsets {First} to {Last} when its pump came to them (EventLog:Retention, EventLog:MaxBytes): "
            + "their devices were not told; what is dropped so from now on is only counted")]
    private partial void LogDropped(int partition, long first, long last);
}

/// <summary>What the pumps of a silo share.</summary>
internal sealed record PumpContext(
    IEventLog Log, ICheckpointStore Checkpoints, DeviceObservers Observers, PumpInstruments Instruments, PumpOptions Options, TimeProvider Clock, ILogger Logger);
