using System.Globalization;
using System.Text.Json;
using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>What rows of a group have in common: two columns, the rank of its type and the value.</summary>
internal static class GroupKey
{
    public static (string Rank, string Value) Compile(SqlValue value, QueryPath path)
    {
        GroupRank.Check(value, path);
        return value.JsonType is { } type ? (OfDocument(type), Inside(value)) : (GroupRank.OfColumn(value), $"COALESCE({value.Number ?? "NULL"},{value.Text ?? "NULL"},0)");
    }

    /// <summary>Writes the value under its name, or nothing if it is missing.</summary>
    public static void Write(Utf8JsonWriter to, JsonEncodedText name, SqliteStatement row, int rankColumn)
    {
        var rank = row.Int64(rankColumn);
        if (GroupRank.WriteWhole(to, name, rank))
        {
            return;
        }

        if (rank == GroupRank.Document)
        {
            to.WriteRawValue(row.Bytes(rankColumn + 1));
        }
        else
        {
            WriteValue(to, row, rankColumn + 1);
        }
    }

    /// <summary>Writes a number or text as SQLite has it.</summary>
    public static void WriteValue(Utf8JsonWriter to, SqliteStatement row, int column)
    {
        switch (row.ColumnType(column))
        {
            case SQLitePCL.raw.SQLITE_INTEGER:
                to.WriteNumberValue(row.Int64(column));
                break;
            case SQLitePCL.raw.SQLITE_FLOAT when double.IsFinite(row.Double(column)):
                to.WriteNumberValue(row.Double(column));
                break;
            case SQLitePCL.raw.SQLITE_TEXT:
                to.WriteStringValue(row.Bytes(column));
                break;
            default:
                to.WriteNullValue();
                break;
        }
    }

    private static string OfDocument(string type) => string.Create(
        CultureInfo.InvariantCulture,
        $"CASE {type} WHEN 'null' THEN {GroupRank.Null} WHEN 'false' THEN {GroupRank.False} WHEN 'true' THEN {GroupRank.True} WHEN 'integer' THEN {GroupRank.Number} WHEN 'real' THEN {GroupRank.Number} WHEN 'text' THEN {GroupRank.Text} WHEN 'array' THEN {GroupRank.Document} WHEN 'object' THEN {GroupRank.Document} ELSE {GroupRank.Missing} END");

    // Arrays and objects come as their JSON text.
    private static string Inside(SqlValue value) =>
        $"CASE WHEN {value.JsonType} IN ('array','object','integer','real','text') THEN {value.InDocumentValue} ELSE 0 END";
}
