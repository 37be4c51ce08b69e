namespace Muster.Upstream;

/// <summary>The fields of a connection string, <c>Name=value;Name=value</c>; a value is everything behind the first <c>=</c>.</summary>
internal static class ConnectionFields
{
    private const int MaxLength = 4096;

    /// <summary>Names in any case. Null: it is no such text, or names a field twice.</summary>
    internal static Dictionary<string, string>? Read(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (text.Length > MaxLength)
        {
            return null;
        }

        foreach (var field in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !fields.TryAdd(field[..equals], field[(equals + 1)..]))
            {
                return null;
            }
        }

        return fields;
    }
}
