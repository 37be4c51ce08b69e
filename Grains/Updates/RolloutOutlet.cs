using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Placement;
using Muster.Rollouts;

namespace Muster.Updates;

/// <summary>
/// Takes the progress of this silo's devices to their rollouts: one call at a time for each, and what comes meanwhile shares the next. A hundred thousand devices that each
/// called would be more than one grain takes. What is lost here, a rollout finds when it counts. Thread-safe, bounded.
/// </summary>
internal sealed partial class RolloutOutlet(IGrainFactory grains, SiloMembership membership, TimeProvider clock, ILogger<RolloutOutlet> logger)
{
    /// <summary>Items that wait for one rollout at most; beyond, they are left to its count.</summary>
    private const int MaxWaiting = 65_536;
    private const int MaxBatch = 4096;
    private const int Tries = 3;

    /// <summary>What one call gathers: well below what a look at the rollout is late by anyway.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<ProgressItem>> waiting = new(StringComparer.Ordinal);
    private long sequence = clock.GetUtcNow().UtcTicks;

    internal void Tell(string rollout, ProgressItem item)
    {
        lock (gate)
        {
            if (!waiting.TryGetValue(rollout, out var items))
            {
                waiting[rollout] = items = new Queue<ProgressItem>();
                _ = Task.Run(() => SendAllAsync(rollout, items));
            }

            if (items.Count < MaxWaiting)
            {
                items.Enqueue(item);
            }
        }
    }

    private async Task SendAllAsync(string rollout, Queue<ProgressItem> items)
    {
        do
        {
            await Task.Delay(Linger, clock);
            while (Take(items) is { IsEmpty: false } batch)
            {
                await SendAsync(rollout, batch);
            }
        }
        while (!TryEnd(rollout, items));
    }

    private async Task SendAsync(string rollout, ImmutableArray<ProgressItem> items)
    {
        var batch = new ProgressBatch(membership.Local.Name, Interlocked.Increment(ref sequence), items);
        for (var tried = 1; ; tried++)
        {
            try
            {
                await grains.GetGrain<IRolloutGrain>(rollout).OnProgressAsync(batch);
                return;
            }
            catch (Exception e) when (CallFaults.IsTransient(e) && tried < Tries)
            {
                await Task.Delay(tried * Linger, clock);
            }
            catch (Exception e)
            {
                LogNotTold(e, items.Length, rollout);
                return;
            }
        }
    }

    private ImmutableArray<ProgressItem> Take(Queue<ProgressItem> items)
    {
        lock (gate)
        {
            var batch = ImmutableArray.CreateBuilder<ProgressItem>(Math.Min(items.Count, MaxBatch));
            while (batch.Count < MaxBatch && items.TryDequeue(out var item))
            {
                batch.Add(item);
            }

            return batch.DrainToImmutable();
        }
    }

    private bool TryEnd(string rollout, Queue<ProgressItem> items)
    {
        lock (gate)
        {
            return items.Count == 0 && waiting.Remove(rollout);
        }
    }

    [LoggerMessage(EventId = 3010, Level = LogLevel.Warning, Message = "{Count} moves could not be told to rollout {RolloutId}; it counts them later")]
    private partial void LogNotTold(Exception exception, int count, string rolloutId);
}
