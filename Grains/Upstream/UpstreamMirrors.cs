using Microsoft.Extensions.Logging;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Tells devices what the upstream hub said of them, and again until they have taken it or their time is up.</summary>
internal sealed partial class UpstreamMirrors(
    Func<string, UpstreamBatch, Task> tell, Func<string, Task> ask, MirrorInstruments instruments, PumpOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>Completes once each has it durably; those that failed for too long are left to a round of <see cref="IUpstreamSyncGrain"/>.</summary>
    internal Task TellAsync(IReadOnlyList<KeyValuePair<string, UpstreamBatch>> batches, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        batches,
        new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
        async (batch, token) => await TellAsync(batch.Key, batch.Value, token));

    private async Task TellAsync(string key, UpstreamBatch batch, CancellationToken cancellationToken)
    {
        RetryDelay? retry = null;
        for (var giveUpAt = clock.GetUtcNow() + options.GiveUpAfter; ;)
        {
            try
            {
                await tell(key, batch);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (clock.GetUtcNow() >= giveUpAt)
                {
                    instruments.LeftBehind();
                    LogLeftBehind(e, key);
                    await ask("a device that could not be told");
                    return;
                }

                if (retry is null)
                {
                    LogFailed(e, key);
                }

                retry ??= new RetryDelay(options.MaxRetryDelay, clock);
                await retry.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 6104, Level = LogLevel.Warning, Message = "Device {DeviceId} could not follow the upstream hub, and is told again for a while")]
    private partial void LogFailed(Exception exception, string deviceId);

    [LoggerMessage(EventId = 6105, Level = LogLevel.Error,
        Message = "Device {DeviceId} could not follow the upstream hub, and is left to the next round of comparison")]
    private partial void LogLeftBehind(Exception exception, string deviceId);
}
