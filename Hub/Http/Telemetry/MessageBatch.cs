using System.Text;
using System.Text.Json;
using Muster.Mqtt;

namespace Muster.Http;

/// <summary>
/// Reads <c>application/vnd.microsoft.iothub.json</c>: an array of <c>{"body":"…","base64Encoded":true,"properties":{"iothub-app-k":"v"}}</c>. All of it
/// holds, or none of it is taken.
/// </summary>
internal static class MessageBatch
{
    internal const string ContentType = "application/vnd.microsoft.iothub.json";

    /// <summary>Of the request: 256 KiB of messages in base64, with names around them.</summary>
    internal const int MaxBytes = 512 * 1024;

    /// <exception cref="JsonException">The bytes are not such an array; the message says where.</exception>
    internal static IReadOnlyList<HttpMessage> Read(ReadOnlySpan<byte> json)
    {
        var messages = new List<HttpMessage>();
        var reader = new Utf8JsonReader(json);
        try
        {
            Expect(ref reader, JsonTokenType.StartArray, "an array of messages");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                messages.Add(ReadMessage(ref reader));
            }

            if (reader.TokenType != JsonTokenType.EndArray || reader.Read())
            {
                throw Wrong(ref reader, "the end of the array");
            }

            return messages;
        }
        catch (InvalidOperationException wrong)
        {
            // Half of a surrogate pair is JSON by its grammar, but no text can be made of it.
            throw new JsonException("The batch holds a text that is not Unicode.", wrong);
        }
    }

    /// <summary>Whether all messages together, or one alone, are more than a batch may have.</summary>
    internal static bool IsTooLarge(IReadOnlyList<HttpMessage> messages) =>
        messages.Any(message => message.IsTooLarge) || messages.Sum(message => (long)message.PropertyBytes + message.Body.Length) > PacketLimits.MaxMessageBytes;

    private static HttpMessage ReadMessage(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(ref reader, "a message object");
        }

        var message = new HttpMessage();
        var (text, isBase64) = (default(string), true);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            switch (name)
            {
                case "body" when text is null:
                    Expect(ref reader, JsonTokenType.String, "the body as a string");
                    text = reader.GetString();
                    break;
                case "base64Encoded":
                    reader.Read();
                    isBase64 = reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw Wrong(ref reader, "true or false");
                    break;
                case "properties":
                    ReadProperties(ref reader, message);
                    break;
                default:
                    throw Wrong(ref reader, "body, base64Encoded or properties, each once");
            }
        }

        message.Body = Decode(text ?? throw Wrong(ref reader, "a body"), isBase64);
        return message;
    }

    private static void ReadProperties(ref Utf8JsonReader reader, HttpMessage message)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong(ref reader, "an object of properties");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"the property {name} as a string");
            if (name.Length == 0)
            {
                throw Wrong(ref reader, "a name");
            }

            if (!message.TryAdd(name, reader.GetString()!))
            {
                message.AddPlain(name, reader.GetString()!);
            }
        }
    }

    private static byte[] Decode(string text, bool isBase64)
    {
        try
        {
            return isBase64 ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
        }
        catch (FormatException wrong)
        {
            throw new JsonException("The body of a message is not base64, though base64Encoded is not false.", wrong);
        }
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw Wrong(ref reader, what);
        }
    }

    private static JsonException Wrong(ref Utf8JsonReader reader, string expected) => new($"Expected {expected} at byte {reader.TokenStartIndex}.");
}
