using Muster.Updates;
using Npgsql;
using static Muster.Storage.Postgres.PostgresRows;

namespace Muster.Storage.Postgres;

/// <summary>Rows of <see cref="PostgresTargetSql"/>.</summary>
internal static class PostgresTargetRows
{
    public static WaitingTarget Waiting(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetString(3), row.GetInt32(4), TextOrNull(row, 5), row.GetBoolean(6));

    public static AdmittedTarget Admitted(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetInt32(3), TextOrNull(row, 4));

    public static TargetCount Count(NpgsqlDataReader row) => new(
        row.GetInt32(0), (UpdateStatus)row.GetInt16(1), row.GetBoolean(2), TextOrNull(row, 3), (int)row.GetInt64(4), (int)row.GetInt64(5), (int)row.GetInt64(6));

    public static TargetRow Member(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetInt32(1), row.GetString(2), (UpdateStatus)row.GetInt16(3), row.GetInt32(4), row.GetInt32(5), row.GetBoolean(6),
        row.GetBoolean(7), TextOrNull(row, 8), TextOrNull(row, 9), row.IsDBNull(10) ? null : new DateTimeOffset(row.GetInt64(10), TimeSpan.Zero));

    public static TargetCandidate Candidate(NpgsqlDataReader row) => new(
        row.GetString(0), JsonbText.Decode(row.GetString(1)), row.GetInt32(2) != 0, Fact(row, 3), Fact(row, 4), Fact(row, 5), row.GetInt32(6));

    private static string? Fact(NpgsqlDataReader row, int column) => TextOrNull(row, column) is { } text ? JsonbText.Decode(text) : null;
}
