using System.Buffers;
using System.Text;
using Muster.EventHubs;
using Muster.Telemetry;

namespace Muster.Benchmarks.Server;

/// <summary>Telemetry in the log without anybody who sends it: of each device in turn, with a JSON body of 200 bytes.</summary>
internal static class EventFill
{
    private const int Batch = 1000;
    private const string SasDevice = "{\"scope\":\"device\",\"type\":\"sas\",\"issuer\":\"iothub\"}";

    /// <param name="log">Where to.</param>
    /// <param name="prefix">Of the devices' ids.</param>
    /// <param name="devices">How many.</param>
    /// <param name="rounds">Events of each device, numbered from 0 in the field <c>n</c>.</param>
    internal static Task AppendAsync(IEventLog log, string prefix, int devices, int rounds) => Task.WhenAll(Enumerable.Range(0, devices)
        .Select(i => new EventOrigin($"{prefix}{i:D5}", null, "0", SasDevice))
        .GroupBy(origin => origin.Partition)
        .Select(partition => AppendAsync(log, partition.Key, [.. partition], rounds)));

    /// <summary>The first events of each partition as the hub sends them.</summary>
    internal static async Task<byte[][][]> EncodeAsync(IEventLog log, int perPartition)
    {
        var encoded = new byte[log.PartitionCount][][];
        var buffer = new ArrayBufferWriter<byte>();
        for (var partition = 0; partition < encoded.Length; partition++)
        {
            var events = await log.ReadAsync(partition, 0, perPartition, int.MaxValue, CancellationToken.None);
            encoded[partition] = [.. events.Select(stored =>
            {
                buffer.ResetWrittenCount();
                EventEncoder.Write(buffer, stored);
                return buffer.WrittenSpan.ToArray();
            })];
        }

        return encoded;
    }

    private static async Task AppendAsync(IEventLog log, int partition, EventOrigin[] origins, int rounds)
    {
        await Task.Yield();
        var (buffer, count) = (new ArrayBufferWriter<byte>(1 << 20), 0);
        for (var i = 0; i < rounds * origins.Length; i++)
        {
            Write(buffer, origins[i % origins.Length], i / origins.Length);
            if (++count == Batch || i == rounds * origins.Length - 1)
            {
                await log.AppendAsync(partition, buffer.WrittenMemory, count);
                buffer.ResetWrittenCount();
                count = 0;
            }
        }
    }

    private static void Write(ArrayBufferWriter<byte> buffer, EventOrigin origin, int number)
    {
        var writer = new EventWriter(buffer, origin, EventSource.Telemetry);
        writer.SystemProperty("content-type"u8, "application/json"u8);
        writer.SystemProperty("content-encoding"u8, "utf-8"u8);
        writer.BeginProperties();
        writer.Property("level"u8, "info"u8);
        writer.Property("site"u8, "north"u8);
        var body = $"{{\"n\":{number},\"temperature\":{20 + number % 100 / 10.0:0.0},\"state\":\"running\",\"text\":\"";
        writer.End(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body.PadRight(198, 'x') + "\"}")));
    }
}
