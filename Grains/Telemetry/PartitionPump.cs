using Microsoft.Extensions.Logging;

namespace Muster.Telemetry;

/// <summary>Carries one partition's events to the devices, for as long as it holds the checkpoint.</summary>
internal sealed partial class PartitionPump(int partition, PumpContext context)
{
    /// <summary>The name under which the checkpoints are kept.</summary>
    internal const string Consumer = "observe";

    private readonly ILogger logger = context.Logger;

    /// <summary>Runs until it is cancelled. What fails is tried again; a lost lease is asked for anew, since the caller says who should have it.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RetryDelay(context.Options.MaxRetryDelay, context.Clock);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RunLeaseAsync(retry, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(e, partition);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            await retry.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

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
            var events = await context.Log.ReadAsync(partition, next, context.Options.BatchEvents, context.Options.BatchBytes, cancellationToken);
            if (events.IsEmpty)
            {
                // What the checkpoint stands at was trimmed, and nothing came since: the next event is the log's to name.
                next = Math.Max(next, context.Log.Describe(partition).FirstOffset);
                continue;
            }

            await context.Observers.ObserveAsync(events, cancellationToken);
            next = events[^1].Offset + 1;
            if (!await context.Checkpoints.SaveAsync(lease, next, cancellationToken))
            {
                LogLost(partition);
                return;
            }

            context.Instruments.Observed(partition, events.Length, next);
            retry.Reset();
        }
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
}

/// <summary>What the pumps of a silo share.</summary>
internal sealed record PumpContext(
    IEventLog Log, ICheckpointStore Checkpoints, DeviceObservers Observers, PumpInstruments Instruments, PumpOptions Options, TimeProvider Clock, ILogger Logger);
