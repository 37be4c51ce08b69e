using System.Buffers;
using Muster.Telemetry;

namespace Muster.Events;

/// <summary>Appends rounds of events, each partition's with one call. Not thread-safe: its buffers are used again.</summary>
internal sealed class DeviceEventWriter(IEventLog log, string hubName, TimeProvider clock)
{
    /// <summary>Events that are written together at most.</summary>
    internal const int MaxRound = 1024;

    /// <summary>A round ends with the event that brings it here.</summary>
    internal const int MaxRoundBytes = 4 << 20;

    private const int MaxKeptBytes = 1 << 18;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private readonly DeviceEventEncoder encoder = new(hubName);
    private readonly Batch?[] batches = new Batch?[log.PartitionCount];
    private bool isFailing;

    /// <summary>
    /// Completes once all are durable. What the log refuses is offered again for a while, so that an event may come twice; but for a log that refused
    /// for so long the last time, grains are not kept waiting again.
    /// </summary>
    /// <exception cref="EventLogException">It went on refusing.</exception>
    internal async Task WriteAsync(List<DeviceEvent> events)
    {
        try
        {
            foreach (var one in events)
            {
                var partition = PartitionHash.EventPartition(one.Key.DeviceId);
                var batch = batches[partition] ??= new Batch();
                encoder.Write(batch.Records, one);
                batch.Count++;
            }

            await Task.WhenAll(Enumerable.Range(0, batches.Length).Where(partition => batches[partition] is { Count: > 0 }).Select(AppendAsync));
            isFailing = false;
        }
        catch
        {
            isFailing = true;
            throw;
        }
        finally
        {
            Clear();
        }
    }

    private async Task AppendAsync(int partition)
    {
        var batch = batches[partition]!;
        var giveUpAt = clock.GetUtcNow() + (isFailing ? TimeSpan.Zero : Patience);
        for (var retry = new RetryDelay(LongestPause, clock); ;)
        {
            try
            {
                await log.AppendAsync(partition, batch.Records.WrittenMemory, batch.Count);
                return;
            }
            catch (EventLogException) when (clock.GetUtcNow() < giveUpAt)
            {
                await retry.WaitAsync(CancellationToken.None);
            }
        }
    }

    private void Clear()
    {
        for (var i = 0; i < batches.Length; i++)
        {
            if (batches[i] is { } batch)
            {
                batch.Count = 0;
                batch.Records.ResetWrittenCount();
                batches[i] = batch.Records.Capacity > MaxKeptBytes ? null : batch;
            }
        }
    }

    private sealed class Batch
    {
        internal ArrayBufferWriter<byte> Records { get; } = new(1024);

        internal int Count { get; set; }
    }
}
