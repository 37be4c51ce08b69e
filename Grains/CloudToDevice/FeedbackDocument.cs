using System.Buffers;
using System.Globalization;
using Muster.Json;

namespace Muster.CloudToDevice;

/// <summary>Feedback as IoT Hub words it: one element of the array that a receiver gets.</summary>
internal static class FeedbackDocument
{
    internal static ServiceRecord Of(FeedbackRecord record, string deviceId, long generationId)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var json = new JsonOut(buffer);
        json.Raw("{\"originalMessageId\":"u8);
        json.Text(record.MessageId);
        json.Raw(",\"enqueuedTimeUtc\":"u8);
        json.Time(record.At);
        json.Raw(",\"statusCode\":"u8);
        json.Text(NameOf(record.End));
        json.Raw(",\"description\":"u8);
        json.Text(NameOf(record.End));
        json.Raw(",\"deviceId\":"u8);
        json.Text(deviceId);
        json.Raw(",\"deviceGenerationId\":"u8);
        json.Text(generationId.ToString("D18", CultureInfo.InvariantCulture));
        json.Raw("}"u8);
        return new ServiceRecord { Id = record.Id, At = record.At, Body = buffer.WrittenMemory };
    }

    private static string NameOf(MessageEnd end) => end switch
    {
        MessageEnd.Success => "Success",
        MessageEnd.Expired => "Expired",
        MessageEnd.DeliveryCountExceeded => "DeliveryCountExceeded",
        MessageEnd.Rejected => "Rejected",
        MessageEnd.Purged => "Purged",
        _ => throw new NotSupportedException($"Unknown end {end}."),
    };
}
