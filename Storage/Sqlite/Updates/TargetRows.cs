using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>Rows of <see cref="TargetSql"/>.</summary>
internal static class TargetRows
{
    public static WaitingTarget Waiting(SqliteStatement row) => new(
        row.TextOrNull(0)!, (int)row.Int64(1), row.Int64(2), row.TextOrNull(3)!, (int)row.Int64(4), row.TextOrNull(5), row.Int64(6) != 0);

    public static AdmittedTarget Admitted(SqliteStatement row) =>
        new(row.TextOrNull(0)!, (int)row.Int64(1), row.TextOrNull(2)!, (int)row.Int64(3), row.TextOrNull(4));

    public static TargetCount Count(SqliteStatement row) => new(
        (int)row.Int64(0), (UpdateStatus)row.Int64(1), row.Int64(2) != 0, row.TextOrNull(3), (int)row.Int64(4), (int)row.Int64(5), (int)row.Int64(6));

    public static TargetRow Member(SqliteStatement row) => new(
        row.TextOrNull(0)!, (int)row.Int64(1), row.TextOrNull(2)!, (UpdateStatus)row.Int64(3), (int)row.Int64(4), (int)row.Int64(5), row.Int64(6) != 0,
        row.Int64(7) != 0, row.TextOrNull(8), row.TextOrNull(9), row.Int64OrNull(10) is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null);
}
