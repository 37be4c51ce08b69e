using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Muster.Errors;

namespace Muster.Mqtt;

/// <summary>The error body of a twin reply. Node's SDK sees a failure only by its <c>errorCode</c>.</summary>
internal static class TwinErrorBody
{
    public static byte[] Write(Refusal why, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("errorCode", (int)why.Code);
        json.WriteString("trackingId", Guid.NewGuid());
        json.WriteString("message", why.Message);
        json.WriteString("timestampUtc", now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
