using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using Muster.Json;

namespace Muster.Twins;

/// <summary>
/// Reads a section of a twin, or a patch of one, from outside: one pass that checks every token against <see cref="TwinLimits"/> and writes
/// it compactly. The members <c>$metadata</c> and <c>$version</c>, which SDKs send back, are left out. Dispose it.
/// </summary>
internal ref partial struct TwinReader
{
    private readonly ReadOnlySpan<byte> json;
    private readonly TwinPart part;
    private KeyTable keys = new(32);
    private PooledBytes compact;
    private Utf8JsonReader reader;
    private int objects;
    private KeyRange lastKey;

    public TwinReader(ReadOnlySpan<byte> json, TwinPart part)
    {
        this.json = json;
        this.part = part;
        compact = new PooledBytes(Math.Min(json.Length, TwinLimits.MaxTextBytes));
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = TwinLimits.MaxDepth + 20 });
    }

    /// <summary>The compact text, once <see cref="Read"/> found nothing wrong; good until the reader is disposed.</summary>
    public readonly ReadOnlySpan<byte> Compact => compact.Written;

    /// <summary>Null, or what is wrong, with the key and the limit.</summary>
    public string? Read()
    {
        if (json.Length > TwinLimits.MaxTextBytes)
        {
            return $"{part.Name} is longer than {TwinLimits.MaxTextBytes} bytes.";
        }

        if (!Utf8.IsValid(json))
        {
            return $"{part.Name} is not valid UTF-8.";
        }

        try
        {
            return ReadSection();
        }
        catch (JsonException e)
        {
            return $"{part.Name} is not valid JSON (line {e.LineNumber}, byte {e.BytePositionInLine}).";
        }
    }

    public readonly void Dispose()
    {
        keys.Dispose();
        compact.Dispose();
    }

    private string? ReadSection()
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"{part.Name} must be a JSON object.";
        }

        var problem = ReadObject();
        if (problem is null && reader.Read())
        {
            return $"{part.Name} must be a single JSON object.";
        }

        return problem;
    }

    private string? ReadObject()
    {
        var owner = ++objects;
        var isSection = owner == 1;
        compact.Write((byte)'{');
        for (var first = true; reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
        {
            if (isSection && (reader.ValueTextEquals("$version"u8) || reader.ValueTextEquals("$metadata"u8)))
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            if (!first)
            {
                compact.Write((byte)',');
            }

            first = false;
            if (ReadKey(owner) is { } badKey)
            {
                return badKey;
            }

            reader.Read();
            if (ReadValue() is { } badValue)
            {
                return badValue;
            }
        }

        compact.Write((byte)'}');
        return null;
    }

    private string? ReadArray()
    {
        compact.Write((byte)'[');
        for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; first = false)
        {
            if (!first)
            {
                compact.Write((byte)',');
            }

            if (ReadValue() is { } problem)
            {
                return problem;
            }
        }

        compact.Write((byte)']');
        return null;
    }

    private string? ReadValue()
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth > TwinLimits.MaxDepth:
                return $"{part.Name} is nested deeper than {TwinLimits.MaxDepth} at '{ShownKey()}'.";
            case JsonTokenType.StartObject:
                return ReadObject();
            case JsonTokenType.StartArray:
                return ReadArray();
            case JsonTokenType.String:
                return ReadString();
            case JsonTokenType.Number:
                return ReadNumber();
            default:
                compact.Write(reader.ValueSpan);
                return null;
        }
    }

    private string? ReadNumber()
    {
        var raw = reader.ValueSpan;
        var isInteger = !raw.ContainsAny((byte)'.', (byte)'e', (byte)'E');
        var fits = isInteger
            ? Utf8Parser.TryParse(raw, out long integer, out var used) && used == raw.Length
                && integer is >= TwinLimits.MinInteger and <= TwinLimits.MaxInteger
            : reader.TryGetDouble(out var number) && double.IsFinite(number);
        if (!fits)
        {
            return $"The value of '{ShownKey()}' in {part.Name} is out of range; integers reach from {TwinLimits.MinInteger} to {TwinLimits.MaxInteger}.";
        }

        compact.Write(raw);
        return null;
    }
}
