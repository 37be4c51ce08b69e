using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>Reads a <c>select</c> of <see cref="ColumnNames.All"/>.</summary>
internal sealed class PostgresRowReader(int firstColumn = 0) : DeviceRowReader<NpgsqlDataReader>(firstColumn)
{
    // Also where the column is a smallint or an integer.
    protected override long Number(NpgsqlDataReader row, int column) => row.GetInt64(column);

    protected override long? NumberOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    protected override string? TextOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    protected override byte[]? BytesOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
