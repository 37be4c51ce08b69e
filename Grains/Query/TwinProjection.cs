using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Muster.Query;

/// <summary>
/// Cuts the selected parts out of a twin document: what SELECT names is what <c>SELECT *</c> would have shown there. What the twin does not
/// have is left out.
/// </summary>
public sealed class TwinProjection
{
    private readonly ImmutableArray<(byte[] Name, byte[][] Path)> parts;

    /// <param name="items">Values only, no aggregates.</param>
    public TwinProjection(ImmutableArray<SelectItem> items) =>
        parts = [.. items.Select(item => (QuotedName(item.Name), ((SelectItem.Value)item).Path.Names.Select(Encoding.UTF8.GetBytes).ToArray()))];

    /// <summary>The name as a JSON string with its quotes.</summary>
    public static byte[] QuotedName(string name) =>
        [(byte)'"', .. JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];

    /// <summary>Writes the item that <paramref name="twin"/>, a JSON object, gives.</summary>
    public void Write(IBufferWriter<byte> to, ReadOnlySpan<byte> twin)
    {
        var separator = "{"u8;
        foreach (var (name, path) in parts)
        {
            if (TryFind(twin, path, out var value))
            {
                to.Write(separator);
                to.Write(name);
                to.Write(":"u8);
                to.Write(value);
                separator = ","u8;
            }
        }

        to.Write(separator[0] == (byte)'{' ? "{}"u8 : "}"u8);
    }

    private static bool TryFind(ReadOnlySpan<byte> json, byte[][] path, out ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        reader.Read();
        foreach (var name in path)
        {
            if (reader.TokenType != JsonTokenType.StartObject || !TryEnter(ref reader, name))
            {
                value = [];
                return false;
            }
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        value = json[start..(int)reader.BytesConsumed];
        return true;
    }

    private static bool TryEnter(ref Utf8JsonReader reader, byte[] name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }
}
