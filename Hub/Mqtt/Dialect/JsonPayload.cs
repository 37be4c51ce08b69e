using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Muster.Json;

namespace Muster.Mqtt;

/// <summary>What a device's payload is as JSON. Pure.</summary>
internal static class JsonPayload
{
    /// <summary>Deep enough for any limit that grains check; a bound for the reader.</summary>
    private const int MaxDepth = 128;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>True for one whole JSON object and nothing else.</summary>
    public static bool IsObject(ReadOnlySpan<byte> text) => TryRead(text, out var first) && first == JsonTokenType.StartObject;

    /// <summary>Any JSON as it is; nothing as <c>null</c>; what is not JSON as a JSON string (bytes that are not UTF-8 replaced).</summary>
    public static JsonUtf8 Of(ReadOnlySequence<byte> payload)
    {
        var bytes = payload.ToArray();
        if (bytes.Length == 0)
        {
            return JsonUtf8.Null;
        }

        return TryRead(bytes, out _) ? new JsonUtf8(bytes) : JsonUtf8.From(Encoding.UTF8.GetString(bytes));
    }

    private static bool TryRead(ReadOnlySpan<byte> text, out JsonTokenType first)
    {
        first = JsonTokenType.None;
        // The reader does not look into the strings that it passes.
        if (!Utf8.IsValid(text))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(text, Options);
            while (reader.Read())
            {
                first = first == JsonTokenType.None ? reader.TokenType : first;
            }

            return first != JsonTokenType.None;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
