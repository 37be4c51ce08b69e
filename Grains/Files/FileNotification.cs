using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Muster.Files;

/// <summary>The body of a file notification, as IoT Hub writes it.</summary>
internal static class FileNotification
{
    internal static ReadOnlyMemory<byte> Write(string deviceId, string blobName, UploadedBlob blob, DateTimeOffset now)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("deviceId"u8, deviceId);
        json.WriteString("blobUri"u8, blob.Uri);
        json.WriteString("blobName"u8, blobName);
        json.WriteString("lastUpdatedTime"u8, Text(blob.ModifiedAt));
        json.WriteNumber("blobSizeInBytes"u8, blob.Size);
        json.WriteString("enqueuedTimeUtc"u8, Text(now));
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
