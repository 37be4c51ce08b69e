using System.Buffers;
using System.Globalization;
using System.Text;
using Muster.Telemetry;

namespace Muster.Events;

/// <summary>Makes event records of what befell devices. Not thread-safe: its buffer is used again.</summary>
internal sealed class DeviceEventEncoder(string hubName)
{
    private const int MaxKeptBytes = 1 << 20;
    private readonly byte[] hubName = Encoding.UTF8.GetBytes(hubName);
    private ArrayBufferWriter<byte> body = new(4096);

    /// <summary>Appends the record, and says to which partition it belongs.</summary>
    internal void Write(ArrayBufferWriter<byte> to, DeviceEvent news)
    {
        var key = news.Key;
        var generation = news.State.Identity.GenerationId.ToString("D18", CultureInfo.InvariantCulture);
        var writer = new EventWriter(to, new EventOrigin(key.DeviceId, key.ModuleId, generation, ""), news.Source);
        writer.SystemProperty("correlation-id"u8, Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")));
        writer.SystemProperty("user-id"u8, hubName);
        writer.SystemProperty("content-type"u8, "application/json"u8);
        writer.SystemProperty("content-encoding"u8, "utf-8"u8);
        writer.BeginProperties();
        writer.Property("hubName"u8, hubName);
        writer.Property("deviceId"u8, Encoding.UTF8.GetBytes(key.DeviceId));
        if (key.ModuleId is { } module)
        {
            writer.Property("moduleId"u8, Encoding.UTF8.GetBytes(module));
        }

        writer.Property("operationTimestamp"u8, DeviceEventText.Time(news.At));
        writer.Property("iothub-message-schema"u8, Encoding.ASCII.GetBytes(EventSources.Schema(news.Source)!));
        writer.Property("opType"u8, Encoding.ASCII.GetBytes(news.Operation));
        DeviceEventText.WriteBody(body, news);
        writer.End(new ReadOnlySequence<byte>(body.WrittenMemory));
        Clear();
    }

    private void Clear()
    {
        if (body.Capacity > MaxKeptBytes)
        {
            body = new ArrayBufferWriter<byte>(4096);
        }
        else
        {
            body.ResetWrittenCount();
        }
    }
}
