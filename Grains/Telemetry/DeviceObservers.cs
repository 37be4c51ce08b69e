using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Muster.Telemetry;

/// <summary>Tells devices what the log holds of them, and again until they have taken it or their time is up.</summary>
internal sealed partial class DeviceObservers(
    Func<string, ObservationBatch, Task> observe, PumpInstruments instruments, PumpOptions options, TimeProvider clock, ILogger logger)
{
    private const int CallsBetweenYields = 8;
    private const int MaxLeftBehind = 10_000;
    private readonly ConcurrentDictionary<string, byte> leftBehind = [];

    /// <summary>Completes once what each device derived from the events is durable, but for devices that failed for too long.</summary>
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

    // Going on cannot lose what a database that is away would have taken: without it the checkpoint does not move either, and all of it comes
    // again. So a device that still fails when its time is up fails by itself, or its silo does, and others shall not wait for it.
    private async Task TellDeviceAsync(string key, ObservationBatch batch, CancellationToken cancellationToken)
    {
        RetryDelay? retry = null;
        var giveUpAt = clock.GetUtcNow() + (leftBehind.ContainsKey(key) ? TimeSpan.Zero : options.GiveUpAfter);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await observe(key, batch);
                Took(key);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (clock.GetUtcNow() >= giveUpAt)
                {
                    LeaveBehind(key, batch, e);
                    return;
                }

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

    private void LeaveBehind(string key, ObservationBatch batch, Exception reason)
    {
        instruments.LeftBehind(batch.Events.Length);
        if (leftBehind.Count < MaxLeftBehind && leftBehind.TryAdd(key, 0))
        {
            LogLeftBehind(reason, key, batch.Events[0].Offset, batch.Events[^1].Offset);
        }
    }

    private void Took(string key)
    {
        if (!leftBehind.IsEmpty && leftBehind.TryRemove(key, out _))
        {
            LogTakesAgain(key);
        }
    }

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message = "Device {DeviceId} could not take its telemetry, and is told again for a while")]
    private partial void LogFailed(Exception exception, string deviceId);

    [LoggerMessage(EventId = 6006, Level = LogLevel.Error,
        Message = "Device {DeviceId} could not take its telemetry, offsets {First} to {Last}, and its partition goes on without it")]
    private partial void LogLeftBehind(Exception exception, string deviceId, long first, long last);

    [LoggerMessage(EventId = 6007, Level = LogLevel.Information, Message = "Device {DeviceId} takes telemetry again")]
    private partial void LogTakesAgain(string deviceId);
}
