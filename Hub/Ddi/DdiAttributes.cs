using System.Text.Json;

namespace Muster.Ddi;

/// <summary>How attributes that are told go with those told before.</summary>
internal enum DdiAttributeMode
{
    Merge = 0,
    Replace,
    Remove,
}

/// <summary>The body of configData, read.</summary>
internal abstract record DdiAttributes
{
    internal const int MaxCount = 100;
    internal const int MaxLength = 128;

    private DdiAttributes() { }

    internal sealed record Read(DdiAttributeMode Mode, IReadOnlyDictionary<string, string> Values) : DdiAttributes;

    internal sealed record Invalid(string Why) : DdiAttributes;

    /// <summary>There are more than <see cref="MaxCount"/>.</summary>
    internal sealed record TooMany : DdiAttributes;

    internal static DdiAttributes Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object ? FromBody(json.RootElement) : new Invalid("The body must be a JSON object.");
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // The second: half of a surrogate pair, or bytes that are not UTF-8, of which no text can be made.
            return new Invalid($"The body is not JSON: {wrong.Message}");
        }
    }

    private static DdiAttributes FromBody(JsonElement body)
    {
        if (!body.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
        {
            return new Invalid("data must be an object of attributes.");
        }

        if (ModeOf(body) is not { } mode)
        {
            return new Invalid("mode must be merge, replace or remove.");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var attribute in data.EnumerateObject())
        {
            if (TextOf(attribute.Value) is not { } value || !IsText(attribute.Name) || attribute.Name.Length == 0 || !IsText(value))
            {
                return new Invalid($"An attribute has a name and a value of up to {MaxLength} printable characters.");
            }

            values[attribute.Name] = value;
            if (values.Count > MaxCount)
            {
                return new TooMany();
            }
        }

        return values.Count == 0 ? new Invalid("data must have an attribute.") : new Read(mode, values);
    }

    private static DdiAttributeMode? ModeOf(JsonElement body)
    {
        if (!body.TryGetProperty("mode", out var mode) || mode.ValueKind == JsonValueKind.Null)
        {
            return DdiAttributeMode.Merge;
        }

        return mode.ValueKind != JsonValueKind.String ? null : mode.GetString()!.ToUpperInvariant() switch
        {
            "MERGE" => DdiAttributeMode.Merge,
            "REPLACE" => DdiAttributeMode.Replace,
            "REMOVE" => DdiAttributeMode.Remove,
            _ => null,
        };
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Null => "",
        _ => null,
    };

    private static bool IsText(string text) => text.Length <= MaxLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
