using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Muster.Telemetry;

namespace Muster.Upstream;

/// <summary>Makes records of the cluster's own log of what the upstream hub's log holds. Not thread-safe: its buffers are used again.</summary>
internal sealed class UpstreamRecords(IEventLog log)
{
    private const int MaxAppendBytes = 1 << 20;
    private readonly Dictionary<int, Batch> batches = [];

    /// <summary>Completes once all are durable, each device's in their order. The same events may be appended again after a failure.</summary>
    /// <exception cref="EventLogException">The log refused; some may stand there.</exception>
    internal async Task AppendAsync(ImmutableArray<StoredEvent> events)
    {
        batches.Clear();
        foreach (var stored in events)
        {
            var partition = PartitionHash.EventPartition(stored.DeviceId);
            if (!batches.TryGetValue(partition, out var batch))
            {
                batches.Add(partition, batch = new Batch());
            }

            Write(batch.Records, stored);
            batch.Count++;
            if (batch.Records.WrittenCount >= MaxAppendBytes)
            {
                await log.AppendAsync(partition, batch.Records.WrittenMemory, batch.Count);
                batches.Remove(partition);
            }
        }

        await Task.WhenAll(batches.Select(batch => log.AppendAsync(batch.Key, batch.Value.Records.WrittenMemory, batch.Value.Count).AsTask()));
    }

    private static void Write(ArrayBufferWriter<byte> to, StoredEvent stored)
    {
        var origin = new EventOrigin(
            stored.DeviceId,
            stored.ModuleId,
            Find(stored, "iothub-connection-auth-generation-id") ?? "",
            Find(stored, "iothub-connection-auth-method") ?? "");
        var writer = new EventWriter(to, origin, stored.Source);
        foreach (var (name, value) in stored.SystemProperties)
        {
            if (value is not null && !IsMadeHere(name))
            {
                writer.SystemProperty(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
            }
        }

        writer.SystemProperty("iothub-enqueuedtime"u8, Encoding.ASCII.GetBytes(EventRecord.Time(stored.EnqueuedAt)));
        writer.SystemProperty(
            "iothub-upstream-sequence"u8, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{stored.Partition}:{stored.Offset}")));
        writer.BeginProperties();
        foreach (var (name, value) in stored.Properties)
        {
            writer.Property(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value ?? ""), value is null);
        }

        writer.End(new ReadOnlySequence<byte>(stored.Body));
    }

    private static bool IsMadeHere(string name) => name is "iothub-connection-device-id" or "iothub-connection-module-id" or "iothub-connection-auth-method"
        or "iothub-connection-auth-generation-id" or EventRecord.EnqueuedTime or "iothub-message-source" or EventRecord.UpstreamSequence;

    private static string? Find(StoredEvent stored, string name) => stored.SystemProperties.FirstOrDefault(property => property.Name == name).Value;

    private sealed class Batch
    {
        internal ArrayBufferWriter<byte> Records { get; } = new(4096);

        internal int Count { get; set; }
    }
}
