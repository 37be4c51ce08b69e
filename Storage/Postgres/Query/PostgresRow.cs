using System.Text.Json;
using Muster.Fleet;
using Muster.Storage.Query;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// The row that a reader stands at. Of a group: <see cref="PostgresGroupKey.Columns"/> columns for each key, then two for each aggregate, its
/// number and its text.
/// </summary>
internal sealed class PostgresRow(NpgsqlDataReader reader, int keys) : IQueryRow
{
    private readonly PostgresRowReader rows = new();

    /// <summary>The columns of a device row, as <see cref="PostgresRowReader"/> reads them; the table is called <c>d</c>.</summary>
    public static string Columns { get; } = string.Join(',', ColumnNames.All.Select(name => "d." + name));

    public long Id => rows.Id(reader);

    public DeviceRow Device() => rows.Read(reader);

    public void WriteKey(Utf8JsonWriter to, JsonEncodedText name, int key) => PostgresGroupKey.Write(to, name, reader, PostgresGroupKey.Columns * key);

    public void WriteAggregate(Utf8JsonWriter to, JsonEncodedText name, int aggregate)
    {
        var column = (PostgresGroupKey.Columns * keys) + (2 * aggregate);
        if (!reader.IsDBNull(column))
        {
            to.WritePropertyName(name);
            PostgresGroupKey.WriteNumber(to, reader.GetDouble(column));
        }
        else if (!reader.IsDBNull(column + 1))
        {
            to.WriteString(name, JsonbText.Decode(reader.GetString(column + 1)));
        }
    }
}
