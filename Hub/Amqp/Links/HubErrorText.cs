using System.Text.Json;

namespace Muster.Amqp;

/// <summary>IoT Hub's error descriptions: <c>{"errorCode":404006,"trackingId":"…","message":"…"}</c>.</summary>
internal static class HubErrorText
{
    public static string Json(int errorCode, string message) =>
        JsonSerializer.Serialize(new Text(errorCode, Guid.NewGuid().ToString("N"), message), JsonSerializerOptions.Web);

    private sealed record Text(int ErrorCode, string TrackingId, string Message);
}
