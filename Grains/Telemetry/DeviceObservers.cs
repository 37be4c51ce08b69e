using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Group = System.Collections.Generic.KeyValuePair<string, Muster.Telemetry.ObservationBatch>;

namespace Muster.Telemetry;

/// <summary>Tells devices what the log holds of them, and again until they have taken it or their time is up.</summary>
internal sealed partial class DeviceObservers(
    Func<string, ObservationBatch, Task> observe, PumpInstruments instruments, PumpOptions options, TimeProvider clock, ILogger logger)
{
    private const int CallsBetweenYields = 8;
    private const int MaxLeftBehind = 10_000;
    private readonly ConcurrentDictionary<string, byte> leftBehind = [];

    /// <summary>
    /// Completes once what each device derived from the events is durable, but for those that it returns: devices that failed for too long, and
    /// devices that were left behind before, which were not asked yet. They are <see cref="OfferAsync"/>'s.
    /// </summary>
    internal async Task<IReadOnlyList<Group>> ObserveAsync(ImmutableArray<StoredEvent> events, CancellationToken cancellationToken)
    {
        var left = new ConcurrentQueue<Group>();
        await ForEachAsync(ObservationGroups.Of(events), async group =>
        {
            if (leftBehind.ContainsKey(group.Key) || !await TellAsync(group, cancellationToken))
            {
                left.Enqueue(group);
            }
        });
        return [.. left];
    }

    /// <summary>
    /// Offers each what <see cref="ObserveAsync"/> returned, once; the caller has seen meanwhile that the database answers. Who fails now fails by
    /// itself, or its silo does, and others shall not wait for it: it is left behind.
    /// </summary>
    internal Task OfferAsync(IReadOnlyList<Group> left, CancellationToken cancellationToken) => ForEachAsync(left, async group =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await observe(group.Key, group.Value);
            Took(group.Key);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LeaveBehind(group, e);
        }
    });

    private Task ForEachAsync(IReadOnlyList<Group> groups, Func<Group, Task> tell)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(options.Concurrency, groups.Count)).Select(_ => WorkAsync()));

        async Task WorkAsync()
        {
            for (var calls = 1; Interlocked.Increment(ref next) is var i && i < groups.Count; calls++)
            {
                await tell(groups[i]);
                if (calls % CallsBetweenYields == 0)
                {
                    // Local calls run on the thread that makes them: without a turn for others, theirs time out.
                    await Task.Yield();
                }
            }
        }
    }

    /// <summary>False once the device's time is up.</summary>
    private async Task<bool> TellAsync(Group group, CancellationToken cancellationToken)
    {
        RetryDelay? retry = null;
        var giveUpAt = clock.GetUtcNow() + options.GiveUpAfter;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await observe(group.Key, group.Value);
                return true;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (clock.GetUtcNow() >= giveUpAt)
                {
                    return false;
                }

                if (retry is null)
                {
                    LogFailed(e, group.Key);
                }

                instruments.Retried();
                retry ??= new RetryDelay(options.MaxRetryDelay, clock);
                await retry.WaitAsync(cancellationToken);
            }
        }
    }

    private void LeaveBehind(Group group, Exception reason)
    {
        var events = group.Value.Events;
        instruments.LeftBehind(events.Length);
        if (leftBehind.Count < MaxLeftBehind && leftBehind.TryAdd(group.Key, 0))
        {
            LogLeftBehind(reason, group.Key, events[0].Offset, events[^1].Offset);
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
