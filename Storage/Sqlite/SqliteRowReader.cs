namespace Muster.Storage.Sqlite;

/// <summary>Reads <c>SELECT {Schema.DeviceColumns}</c>. Belongs to one thread.</summary>
internal sealed class SqliteRowReader() : DeviceRowReader<SqliteStatement>(firstColumn: 0)
{
    protected override long Number(SqliteStatement row, int column) => row.Int64(column);

    protected override long? NumberOrNull(SqliteStatement row, int column) => row.Int64OrNull(column);

    protected override string? TextOrNull(SqliteStatement row, int column) => row.TextOrNull(column);

    protected override byte[]? BytesOrNull(SqliteStatement row, int column) => row.BytesOrNull(column);
}
