using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Muster.Json;

namespace Muster.Telemetry;

/// <summary>What one event's body says of which field.</summary>
internal static class TelemetryBody
{
    private const int MaxNumberBytes = 64;

    /// <summary>The fields in the order in which the body says them, the same one perhaps twice; null if it is not a JSON object.</summary>
    internal static List<TelemetryValue>? Read(JsonUtf8 body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return null;
        }

        try
        {
            var said = new List<TelemetryValue>();
            var reader = new Utf8JsonReader(body.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            ReadObject(ref reader, "", 1, said);
            return reader.Read() ? null : said;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void ReadObject(ref Utf8JsonReader reader, string path, int depth, List<TelemetryValue> said)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader, path);
            reader.Read();
            if (name is null)
            {
                reader.Skip();
            }
            else if (reader.TokenType != JsonTokenType.StartObject)
            {
                ReadValue(ref reader, name, said);
            }
            else if (depth == TelemetryFields.MaxDepth)
            {
                reader.Skip();
            }
            else
            {
                ReadObject(ref reader, name, depth + 1, said);
            }
        }
    }

    private static void ReadValue(ref Utf8JsonReader reader, string name, List<TelemetryValue> said)
    {
        var value = reader.TokenType switch
        {
            JsonTokenType.StartArray => Array(ref reader),
            JsonTokenType.String => TextOf(ref reader) is { } text ? JsonSerializer.SerializeToUtf8Bytes(text) : null,
            _ => reader.ValueSpan.Length <= MaxNumberBytes ? reader.ValueSpan.ToArray() : null,
        };
        if (value is not null)
        {
            said.Add(new TelemetryValue(JsonEncodedText.Encode(name), value));
        }
    }

    // An array is one value, as in a twin; kept if it is no longer than a text may be, and no deeper than a reader with its own bound takes.
    private static byte[]? Array(ref Utf8JsonReader reader)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        var whole = true;
        for (var depth = reader.CurrentDepth; ; reader.Read())
        {
            whole = whole && reader.CurrentDepth - depth <= TelemetryFields.MaxArrayDepth
                && writer.BytesPending <= TelemetryFields.MaxTextLength && TryCopy(ref reader, writer);
            if (reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth)
            {
                break;
            }
        }

        writer.Flush();
        return whole && buffer.WrittenCount <= TelemetryFields.MaxTextLength ? buffer.WrittenSpan.ToArray() : null;
    }

    private static bool TryCopy(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray: writer.WriteStartArray(); return true;
            case JsonTokenType.EndArray: writer.WriteEndArray(); return true;
            case JsonTokenType.StartObject: writer.WriteStartObject(); return true;
            case JsonTokenType.EndObject: writer.WriteEndObject(); return true;
            case JsonTokenType.PropertyName when TextOf(ref reader) is { } name: writer.WritePropertyName(name); return true;
            case JsonTokenType.String when TextOf(ref reader) is { } text: writer.WriteStringValue(text); return true;
            case JsonTokenType.PropertyName or JsonTokenType.String: return false;
            default: writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true); return true;
        }
    }

    private static string? NameOf(ref Utf8JsonReader reader, string path)
    {
        var name = TextOf(ref reader);
        return name is null || path.Length + 1 + name.Length > TelemetryFields.MaxNameLength + (path.Length == 0 ? 1 : 0)
            ? null
            : path.Length == 0 ? name : $"{path}.{name}";
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        // An escape stands for a character with six bytes at most, so that what is longer is not worth decoding.
        if (reader.ValueSpan.Length > 6 * TelemetryFields.MaxTextLength)
        {
            return null;
        }

        try
        {
            return reader.GetString() is { Length: <= TelemetryFields.MaxTextLength } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, escaped: JSON by its grammar, yet no text.
            return null;
        }
    }
}

/// <param name="Name">Dotted, JSON-escaped.</param>
/// <param name="Value">Compact JSON.</param>
internal readonly record struct TelemetryValue(JsonEncodedText Name, ReadOnlyMemory<byte> Value);
