using System.Globalization;

namespace Muster.Storage.Sqlite;

/// <summary>The values of a statement: what a caller wrote never becomes part of the SQL text.</summary>
internal sealed class SqlParameters
{
    private readonly List<object> values = [];
    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);

    public int Count => values.Count;

    public string Add(long value) => Append(value);

    /// <summary>A whole number goes in as INTEGER, as the store keeps it.</summary>
    public string Add(double value) =>
        Math.Abs(value) <= 1L << 53 && Math.Truncate(value) == value ? Append((long)value) : Append(value);

    public string Add(string value)
    {
        if (!texts.TryGetValue(value, out var name))
        {
            texts[value] = name = Append(value);
        }

        return name;
    }

    public void BindTo(SqliteStatement statement)
    {
        for (var i = 0; i < values.Count; i++)
        {
            switch (values[i])
            {
                case long number:
                    statement.Bind(i + 1, number);
                    break;
                case double number:
                    statement.Bind(i + 1, number);
                    break;
                default:
                    statement.BindText(i + 1, (string)values[i]);
                    break;
            }
        }
    }

    private string Append(object value)
    {
        values.Add(value);
        return "?" + values.Count.ToString(CultureInfo.InvariantCulture);
    }
}
