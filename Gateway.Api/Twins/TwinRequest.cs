using System.Text.Json;
using Muster.Errors;
using Muster.Gateway;
using Muster.Json;

namespace Muster.Twins;

/// <summary>The body of a PATCH or PUT of a twin: the sections that an operator may change, as bytes. All other fields are ignored.</summary>
internal sealed record TwinRequest(JsonUtf8? Tags, JsonUtf8? Desired) : IRequestMessage<TwinRequest>
{
    public static int MaxBytes => 128 * 1024;

    public static TwinRequest Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        JsonUtf8? tags = null;
        JsonUtf8? desired = null;
        BeginObject(ref reader, "The body");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("tags"u8))
            {
                tags = Section(ref reader, json, "tags");
            }
            else if (reader.ValueTextEquals("properties"u8))
            {
                desired = ReadDesired(ref reader, json) ?? desired;
            }
            else
            {
                reader.Skip();
            }
        }

        return new TwinRequest(tags, desired);
    }

    public Refusal? Check(RequestIds route) => null;

    internal TwinChange ToChange(bool replace, string? ifMatch) => new() { Tags = Tags, Desired = Desired, Replace = replace, IfMatch = ifMatch };

    private static JsonUtf8? ReadDesired(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        JsonUtf8? desired = null;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("properties must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("desired"u8))
            {
                desired = Section(ref reader, json, "properties.desired");
            }
            else
            {
                reader.Skip();
            }
        }

        return desired;
    }

    private static void BeginObject(ref Utf8JsonReader reader, string what)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"{what} must be an object.");
        }
    }

    private static JsonUtf8 Section(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, string name)
    {
        reader.Read();
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
        {
            throw new JsonException($"{name} must be an object or null.");
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new JsonUtf8(json[start..(int)reader.BytesConsumed].ToArray());
    }
}
