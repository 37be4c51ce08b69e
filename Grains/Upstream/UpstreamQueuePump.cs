using Microsoft.Extensions.Logging;
using Muster.CloudToDevice;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Takes what the upstream hub has to tell the back office over into the queue of the same name; at least once, and twice makes no difference.</summary>
internal sealed partial class UpstreamQueuePump(
    string queue, IUpstreamQueues queues, IGrainFactory grains, MirrorInstruments instruments, PumpOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>Runs until it is cancelled. What fails is tried again.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = new RetryDelay(options.MaxRetryDelay, clock);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var receiver = await queues.OpenAsync(queue, cancellationToken);
                await TakeAsync(receiver, retry, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(e, queue);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await retry.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync(IUpstreamQueue receiver, RetryDelay retry, CancellationToken cancellationToken)
    {
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
