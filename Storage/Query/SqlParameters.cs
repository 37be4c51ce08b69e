using System.Globalization;

namespace Muster.Storage.Query;

/// <summary>The values of a statement: what a caller wrote never becomes part of the SQL text.</summary>
/// <param name="sign">What stands before a parameter's number.</param>
internal sealed class SqlParameters(char sign)
{
    private readonly List<object> values = [];
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);

    /// <summary>In the order of their numbers, which begin at 1.</summary>
    public IReadOnlyList<object> Values => values;

    public string Add(long value) => Append(value);

    public string Add(double value) => Append(value);

    public string Add(string value)
    {
        if (!texts.TryGetValue(value, out var name))
        {
            texts[value] = name = Append(value);
        }

        return name;
    }

    /// <summary>A value that only the engine knows.</summary>
    public string Append(object value)
    {
        values.Add(value);
        return sign + values.Count.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>A statement with its values.</summary>
internal sealed record CompiledQuery(string Sql, SqlParameters Parameters);
