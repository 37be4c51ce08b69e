using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Muster.Telemetry;

/// <summary>
/// The last value of each telemetry field, as <c>DeviceState.Telemetry</c> holds it: the fields stand in the order in which they were last
/// said, so that where there are too many, those not heard of for longest go. Pure: the same events give the same bytes, however batched.
/// </summary>
public static class TelemetryFields
{
    /// <summary>Fields of one device that are kept.</summary>
    public const int MaxFields = 64;

    /// <summary>A field whose name, with dots, has more characters is not kept.</summary>
    public const int MaxNameLength = 128;

    /// <summary>A text with more characters is not kept; the value before it stays, with its own time.</summary>
    public const int MaxTextLength = 256;

    /// <summary>Objects inside of objects, the body counted, whose fields are kept.</summary>
    public const int MaxDepth = 4;

    /// <summary>Arrays and objects within one another inside of an array; one that is deeper is not kept.</summary>
    public const int MaxArrayDepth = 10;

    /// <summary>Bytes of the whole document.</summary>
    public const int MaxBytes = 8 * 1024;

    /// <summary>Applies <paramref name="batch"/> to <paramref name="current"/>, event by event; a body that is not a JSON object changes nothing.</summary>
    /// <param name="current">What this function returned before; null for none.</param>
    /// <param name="batch">Events in order. The caller leaves out what it has applied already.</param>
    /// <returns>The new document, or <paramref name="current"/> itself if no event said anything.</returns>
    public static byte[]? Merge(byte[]? current, ObservationBatch batch)
    {
        FieldList? fields = null;
        foreach (var observation in batch.Events)
        {
            if (observation.Body is { } body && TelemetryBody.Read(body) is { Count: > 0 } said)
            {
                fields ??= FieldList.Read(current);
                fields.Apply(said, observation.EnqueuedAt);
            }
        }

        return fields is null ? current : fields.Write();
    }

    private sealed class FieldList
    {
        // "":{"value":,"enqueuedTime":""}, around what a field says
        private const int FrameBytes = 33;
        private const int TimeBytes = 24;
        private readonly List<Field> fields = [];
        private int bytes = 2;

        internal static FieldList Read(byte[]? json)
        {
            var list = new FieldList();
            if (json is not null)
            {
                var reader = new Utf8JsonReader(json);
                reader.Read();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    list.Add(ReadField(ref reader, json));
                }
            }

            return list;
        }

        internal void Apply(List<TelemetryValue> said, DateTimeOffset enqueuedAt)
        {
            var time = enqueuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            foreach (var (name, value) in said)
            {
                var before = fields.FindIndex(field => field.Name.EncodedUtf8Bytes.SequenceEqual(name.EncodedUtf8Bytes));
                if (before >= 0)
                {
                    RemoveAt(before);
                }

                Add(new Field(name, value, time));
            }

            while (fields.Count > MaxFields || bytes > MaxBytes)
            {
                RemoveAt(0);
            }
        }

        internal byte[] Write()
        {
            var buffer = new ArrayBufferWriter<byte>(bytes);
            using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
            writer.WriteStartObject();
            foreach (var field in fields)
            {
                writer.WriteStartObject(field.Name);
                writer.WritePropertyName("value"u8);
                writer.WriteRawValue(field.Value.Span, skipInputValidation: true);
                writer.WriteString("enqueuedTime"u8, field.EnqueuedTime);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.Flush();
            return buffer.WrittenSpan.ToArray();
        }

        private static Field ReadField(ref Utf8JsonReader reader, byte[] json)
        {
            var name = JsonEncodedText.Encode(reader.GetString()!);
            reader.Read();
            reader.Read();
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = json.AsMemory(start, (int)reader.BytesConsumed - start);
            reader.Read();
            reader.Read();
            var time = reader.GetString()!;
            reader.Read();
            return new Field(name, value, time);
        }

        private void Add(Field field)
        {
            fields.Add(field);
            bytes += SizeOf(field);
        }

        private void RemoveAt(int index)
        {
            bytes -= SizeOf(fields[index]);
            fields.RemoveAt(index);
        }

        private static int SizeOf(in Field field) => FrameBytes + TimeBytes + field.Name.EncodedUtf8Bytes.Length + field.Value.Length;

        private readonly record struct Field(JsonEncodedText Name, ReadOnlyMemory<byte> Value, string EnqueuedTime);
    }
}
