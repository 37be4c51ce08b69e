using System.Collections.Immutable;
using System.Text.Json;

namespace Muster.Gateway;

/// <summary>
/// Reads a JSON object field by field. Nothing is passed over: a field that nobody asks for is an error, since a misspelt one would change what is meant
/// without a word. A value that is null is absent. What is wrong is told to <see cref="FieldErrors"/> by its path; the reading goes on.
/// </summary>
internal sealed partial class JsonFields
{
    private readonly Dictionary<string, JsonElement> given = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> known = [];
    private readonly string path;
    private readonly FieldErrors errors;

    private JsonFields(JsonElement element, string path, FieldErrors errors)
    {
        (this.path, this.errors) = (path, errors);
        foreach (var field in element.EnumerateObject())
        {
            if (!given.TryAdd(field.Name, field.Value))
            {
                Wrong(field.Name, "is given twice");
            }
        }
    }

    /// <summary>Reads a whole body.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    internal static void ReadBody(ReadOnlySpan<byte> json, FieldErrors errors, Action<JsonFields> read)
    {
        var reader = new Utf8JsonReader(json);
        Read(JsonElement.ParseValue(ref reader), "", errors, fields =>
        {
            read(fields);
            return fields;
        });
    }

    internal bool Has(string name) => Find(name) is not null;

    internal void Wrong(string name, string message) => errors.Add(Path(name), message);

    internal T? Object<T>(string name, Func<JsonFields, T> read, bool required = false)
        where T : class => Find(name, required) is { } value ? Read(value, Path(name), errors, read) : null;

    internal ImmutableArray<T> Objects<T>(string name, int max, Func<JsonFields, T> read)
        where T : class => Items(name, max, (value, at) => Read(value, at, errors, read));

    internal ImmutableArray<string> Texts(string name, int max, int maxLength) => Items(name, max, (value, at) =>
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= maxLength)
        {
            return text;
        }

        errors.Add(at, $"must be a text of 1 to {maxLength} characters");
        return null;
    });

    private static T? Read<T>(JsonElement element, string path, FieldErrors errors, Func<JsonFields, T> read)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(path.Length == 0 ? "The body" : path, "must be an object");
            return default;
        }

        var fields = new JsonFields(element, path, errors);
        var value = read(fields);
        fields.RefuseUnknown();
        return value;
    }

    private ImmutableArray<T> Items<T>(string name, int max, Func<JsonElement, string, T?> read)
        where T : class
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
        {
            Wrong(name, $"must be an array of at most {max}");
            return [];
        }

        return [.. value.EnumerateArray().Select((item, index) => read(item, $"{Path(name)}[{index}]")).OfType<T>()];
    }

    private JsonElement? Find(string name, bool required = false)
    {
        if (!known.Contains(name))
        {
            known.Add(name);
        }

        if (given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        if (required)
        {
            Wrong(name, "must be given");
        }

        return null;
    }

    private void RefuseUnknown()
    {
        foreach (var name in given.Keys.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            Wrong(name.Length > 64 ? name[..64] + "…" : name, $"is unknown; known are {string.Join(", ", known)}");
        }
    }

    private string Path(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
