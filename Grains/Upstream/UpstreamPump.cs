using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>
/// Takes one partition of the upstream hub over, for as long as it holds the checkpoint: into the cluster's own log, then to the devices, then the checkpoint
/// moves. A crash in between brings the events once more: rows take no notice, and the log has them twice.
/// </summary>
internal sealed partial class UpstreamPump(int partition, UpstreamContext context)
{
    /// <summary>The name under which the checkpoints are kept.</summary>
    internal const string Consumer = "upstream";

    private readonly UpstreamRecords records = new(context.Log);
    private readonly ILogger logger = context.Logger;

    /// <summary>Runs until it is cancelled. What fails is tried again, and the fleet is compared with the hub's afterwards.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RetryDelay(context.Pump.MaxRetryDelay, context.Clock);
        await retry.RepeatAsync(() => RunLeaseAsync(retry, cancellationToken), e => LogFailed(e, partition), cancellationToken);

        context.Instruments.Releases(partition);
    }

    private async Task RunLeaseAsync(RetryDelay retry, CancellationToken cancellationToken)
    {
        var lease = await context.Checkpoints.AcquireAsync(Consumer, partition, cancellationToken);
        await using var receiver = await context.Events.OpenAsync(partition, lease.NextOffset, lease.Epoch, cancellationToken);
        await context.AskAsync("a receiver that was opened");
        for (var next = lease.NextOffset; ;)
        {
            var events = await receiver.ReadAsync(context.Options.BatchEvents, cancellationToken);
            if (events.IsEmpty)
            {
                continue;
            }

            if (next == lease.NextOffset && events[0].Offset > next)
            {
                await PassOverAsync(next, events[0].Offset);
            }

            if (!await MirrorAsync(lease, events.RemoveAll(stored => stored.Offset < next), cancellationToken))
            {
                LogLost(partition);
                return;
            }

            next = Math.Max(next, events[^1].Offset + 1);
            retry.Reset();
        }
    }

    /// <summary>False if another owner has the partition.</summary>
    private async Task<bool> MirrorAsync(CheckpointLease lease, ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        if (events.IsEmpty)
        {
            return true;
        }

        await records.AppendAsync(events);
        await context.Mirrors.TellAsync(UpstreamChanges.Of(events), cancellationToken);
        var isMine = await context.Checkpoints.SaveAsync(lease, events[^1].Offset + 1, cancellationToken);
        context.Instruments.Mirrored(partition, events.Length, context.Clock.GetUtcNow() - events[^1].EnqueuedAt);
        return isMine;
    }

    // Of a partition that was never read, nobody knows what was missed, and nothing was: the rows are read whole.
    private async Task PassOverAsync(long next, long first)
    {
        if (next > 0)
        {
            context.Instruments.Dropped(first - next);
            LogDropped(partition, next, first - 1);
        }

        await context.AskAsync("events that were dropped");
    }

    [LoggerMessage(EventId = 6101, Level = LogLevel.Warning, Message = "The pump of upstream partition {Partition} failed and is started again")]
    private partial void LogFailed(Exception exception, int partition);

    [LoggerMessage(EventId = 6102, Level = LogLevel.Information, Message = "Another owner took the checkpoint of upstream partition {Partition} over")]
    private partial void LogLost(int partition);

    [LoggerMessage(EventId = 6103, Level = LogLevel.Warning,
        Message = "The upstream hub dropped the events {First} to {Last} of partition {Partition} before they were read: "
            + "they are not in this log; twins are read again")]
    private partial void LogDropped(int partition, long first, long last);
}

/// <summary>What the pumps of a silo share.</summary>
internal sealed record UpstreamContext(
    IUpstreamEvents Events,
    IEventLog Log,
    ICheckpointStore Checkpoints,
    UpstreamMirrors Mirrors,
    MirrorInstruments Instruments,
    UpstreamOptions Options,
    PumpOptions Pump,
    IGrainFactory Grains,
    TimeProvider Clock,
    ILogger Logger)
{
    /// <summary>Asks for a round of <see cref="IUpstreamSyncGrain"/>.</summary>
    /// <exception cref="OrleansException">It could not be asked.</exception>
    internal Task AskAsync(string reason) => Grains.GetGrain<IUpstreamSyncGrain>(0).AskAsync(reason);
}
