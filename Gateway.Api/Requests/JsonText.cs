using System.Text.Json;
using System.Text.Unicode;

namespace Muster.Gateway;

/// <summary>Checks that bytes from outside are one JSON value, so that nobody behind the gateway has to.</summary>
internal static class JsonText
{
    /// <exception cref="JsonException">The bytes are not UTF-8, not JSON, nested deeper than 64, or hold a text that is not Unicode.</exception>
    internal static void Verify(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new JsonException("The body is not UTF-8.");
        }

        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            // An escaped half of a surrogate pair is JSON by its grammar, but no text can be made of it.
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && !IsText(ref reader))
            {
                throw new JsonException($"The body holds a text that is not Unicode at byte {reader.TokenStartIndex}.");
            }
        }
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
