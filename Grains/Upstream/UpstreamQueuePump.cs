using Microsoft.Extensions.Logging;
using Muster.CloudToDevice;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Takes what the upstream hub has to tell the back office over into the queue of the same name; at least once, and twice makes no difference.</summary>
internal sealed partial class UpstreamQueuePump(
    string queue, IUpstreamQueues queues, IGrainFactory grains, MirrorInstruments instruments, PumpOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>Runs until it is cancelled. What fails is tried again.</summary>
    internal Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RetryDelay(options.MaxRetryDelay, clock);
        return retry.RepeatAsync(() => TakeAsync(retry, cancellationToken), e => LogFailed(e, queue), cancellationToken);
    }

    private async Task TakeAsync(RetryDelay retry, CancellationToken cancellationToken)
    {
        await using var receiver = await queues.OpenAsync(queue, cancellationToken);
        while (true)
        {
            var records = await receiver.ReadAsync(cancellationToken);
            await grains.GetGrain<IServiceQueueGrain>(queue).PutAsync(records);
            await receiver.CompleteAsync(cancellationToken);
            instruments.Forwarded(records.Length);
            retry.Reset();
        }
    }

    [LoggerMessage(EventId = 6106, Level = LogLevel.Warning, Message = "The upstream hub's queue {Queue} could not be taken over; it is tried again")]
    private partial void LogFailed(Exception exception, string queue);
}
