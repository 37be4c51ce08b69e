using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Muster.Errors;
using Muster.Json;
using Muster.Methods;

namespace Muster.Upstream;

/// <summary>Bodies of answers. Pure; what is not the JSON that was promised is a fault of the hub's.</summary>
internal static class RestAnswers
{
    internal static JsonUtf8 Object(RestAnswer answer) =>
        Read(answer, json => json.ValueKind == JsonValueKind.Object ? new JsonUtf8(answer.Body.ToArray()) : null);

    internal static ImmutableArray<JsonUtf8> Objects(RestAnswer answer) => Read<ImmutableArray<JsonUtf8>?>(answer, json =>
        json.ValueKind == JsonValueKind.Array && json.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.Object)
            ? [.. json.EnumerateArray().Select(Raw)]
            : null)!.Value;

    internal static MethodReply.Answered Method(RestAnswer answer) => Read(answer, json =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("status", out var status) && status.TryGetInt32(out var number)
            ? new MethodReply.Answered(number, json.TryGetProperty("payload", out var payload) ? Raw(payload) : JsonUtf8.Null)
            : null);

    internal static int Purged(RestAnswer answer) => Read<int?>(answer, json =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("totalMessagesPurged", out var count) && count.TryGetInt32(out var number)
            ? number
            : null)!.Value;

    private static JsonUtf8 Raw(JsonElement element) => new(Encoding.UTF8.GetBytes(element.GetRawText()));

    private static T Read<T>(RestAnswer answer, Func<JsonElement, T?> read)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return read(json.RootElement) ?? throw new UpstreamFaultException("The upstream hub answered with JSON that is not what was asked for.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UpstreamFaultException("The upstream hub answered with what is not JSON.");
        }
    }
}
