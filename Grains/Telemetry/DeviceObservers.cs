using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Muster.Telemetry;

/// <summary>Tells devices what the log holds of them, and again until they have taken it.</summary>
internal sealed partial class DeviceObservers(
    Func<string, ObservationBatch, Task> observe, PumpInstruments instruments, PumpOptions options, TimeProvider clock, ILogger logger)
{
    private const int CallsBetweenYields = 8;

    /// <summary>Completes once what each device derived from the events is durable.</summary>
    internal async Task ObserveAsync(ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        var groups = ObservationGroups.Of(events);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(options.Concurrency, groups.Count)).Select(_ => TellAsync()));

        async Task TellAsync()
        {
            for (var calls = 1; Interlocked.Increment(ref next) is var i && i < groups.Count; calls++)
            {
                await TellDeviceAsync(groups[i].Key, groups[i].Value, cancellationToken);
                if (calls % CallsBetweenYields == 0)
                {
                    // Local calls run on the thread that makes them: without a turn for others, theirs time out.
                    await Task.Yield();
                }
            }
        }
    }

    private async Task TellDeviceAsync(string key, ObservationBatch batch, CancellationToken cancellationToken)
    {
        RetryDelay? retry = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await observe(key, batch);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (retry is null)
                {
                    LogFailed(e, key);
                }

                instruments.Retried();
                retry ??= new RetryDelay(options.MaxRetryDelay, clock);
                await retry.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message = "Device {DeviceId} could not take its telemetry, and is told again until it does")]
    private partial void LogFailed(Exception exception, string deviceId);
}
