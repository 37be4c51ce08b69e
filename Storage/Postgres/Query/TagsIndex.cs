using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Muster.Storage.Postgres;

/// <summary>What stands in <c>tags_index</c>: the tags as jsonb takes them, whatever they hold, with equal values spelt equally.</summary>
internal static class TagsIndex
{
    private const int MaxDepth = 128;
    private const double MaxWhole = 1L << 53;

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MaxDepth,
        SkipValidation = true,
    };

    /// <summary>Null where there are no tags.</summary>
    public static string? Of(ReadOnlySpan<byte> tags)
    {
        if (tags.IsEmpty)
        {
            return null;
        }

        var json = new ArrayBufferWriter<byte>(tags.Length + 16);
        using var writer = new Utf8JsonWriter(json, Options);
        var reader = new Utf8JsonReader(tags, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            Write(writer, ref reader);
        }

        writer.Flush();
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
                break;
            case JsonTokenType.PropertyName:
                writer.WritePropertyName(JsonbText.Encode(reader.GetString()!));
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(JsonbText.Encode(reader.GetString()!));
                break;
            case JsonTokenType.Number:
                WriteNumber(writer, reader.GetDouble());
                break;
            case JsonTokenType.Null:
                writer.WriteNullValue();
                break;
            default:
                writer.WriteBooleanValue(reader.TokenType == JsonTokenType.True);
                break;
        }
    }

    // The language has doubles: two spellings of one are one value, and the index compares decimals.
    private static void WriteNumber(Utf8JsonWriter writer, double number)
    {
        if (Math.Abs(number) <= MaxWhole && Math.Truncate(number) == number)
        {
            writer.WriteNumberValue((long)number);
        }
        else
        {
            writer.WriteNumberValue(Math.Clamp(number, double.MinValue, double.MaxValue));
        }
    }
}
