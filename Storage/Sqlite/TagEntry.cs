using System.Text.Json;

namespace Muster.Storage.Sqlite;

/// <summary>One row of the tag index, without its device.</summary>
/// <param name="Value">A string, a long or a double, as SQLite will hold it.</param>
internal readonly record struct TagEntry(string Path, TagKind Kind, object Value)
{
    /// <summary>Every primitive value that stands under objects only; arrays and nulls are not indexed.</summary>
    /// <exception cref="JsonException">The tags are not JSON.</exception>
    public static HashSet<TagEntry> Of(ReadOnlySpan<byte> tags)
    {
        var entries = new HashSet<TagEntry>();
        if (!tags.IsEmpty)
        {
            var reader = new Utf8JsonReader(tags);
            reader.Read();
            Object(ref reader, "", entries);
        }

        return entries;
    }

    private static void Object(ref Utf8JsonReader reader, string prefix, HashSet<TagEntry> entries)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var path = prefix + reader.GetString();
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    Object(ref reader, path + Schema.TagPathSeparator, entries);
                    break;
                case JsonTokenType.StartArray:
                    reader.Skip();
                    break;
                default:
                    Primitive(ref reader, path, entries);
                    break;
            }
        }
    }

    private static void Primitive(ref Utf8JsonReader reader, string path, HashSet<TagEntry> entries)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                entries.Add(new TagEntry(path, TagKind.Text, reader.GetString()!));
                break;
            case JsonTokenType.Number:
                entries.Add(new TagEntry(path, TagKind.Number, reader.TryGetInt64(out var whole) ? (object)whole : reader.GetDouble()));
                break;
            case JsonTokenType.True or JsonTokenType.False:
                entries.Add(new TagEntry(path, TagKind.Boolean, reader.TokenType == JsonTokenType.True ? 1L : 0L));
                break;
        }
    }
}
