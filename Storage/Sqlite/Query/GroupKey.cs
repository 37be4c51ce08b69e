using System.Globalization;
using System.Text.Json;
using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>What rows of a group have in common: two columns, the rank of its type and the value.</summary>
internal static class GroupKey
{
    private const int Missing = 0;
    private const int Null = 1;
    private const int False = 2;
    private const int True = 3;
    private const int Number = 4;
    private const int Text = 5;
    private const int Document = 6;

    public static (string Rank, string Value) Compile(SqlValue value, QueryPath path)
    {
        if (value is { JsonType: null } && (value.Code ?? (object?)value.Array ?? value.Object) is not null)
        {
            throw new QueryException($"{path} cannot be grouped by.", path.Position);
        }

        return value.JsonType is { } type ? (OfDocument(type), Inside(value)) : (OfColumn(value), $"COALESCE({value.Number ?? "NULL"},{value.Text ?? "NULL"},0)");
    }

    /// <summary>Writes the value under its name, or nothing if it is missing.</summary>
    public static void Write(Utf8JsonWriter to, JsonEncodedText name, SqliteStatement row, int rankColumn)
    {
        var rank = row.Int64(rankColumn);
        if (rank == Missing)
        {
            return;
        }

        to.WritePropertyName(name);
        switch (rank)
        {
            case Null:
                to.WriteNullValue();
                break;
            case False or True:
                to.WriteBooleanValue(rank == True);
                break;
            case Document:
                to.WriteRawValue(row.Bytes(rankColumn + 1));
                break;
            default:
                WriteValue(to, row, rankColumn + 1);
                break;
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
        $"CASE {type} WHEN 'null' THEN {Null} WHEN 'false' THEN {False} WHEN 'true' THEN {True} WHEN 'integer' THEN {Number} WHEN 'real' THEN {Number} WHEN 'text' THEN {Text} WHEN 'array' THEN {Document} WHEN 'object' THEN {Document} ELSE {Missing} END");

    // Arrays and objects come as their JSON text.
    private static string Inside(SqlValue value) =>
        $"CASE WHEN {value.JsonType} IN ('array','object','integer','real','text') THEN {value.InDocumentValue} ELSE 0 END";

    private static string OfColumn(SqlValue value) => string.Create(
        CultureInfo.InvariantCulture,
        $"CASE WHEN {value.Number ?? "NULL"} IS NOT NULL THEN {Number} WHEN {value.Text ?? "NULL"} IS NOT NULL THEN {Text} WHEN {value.Boolean ?? "NULL"}=1 THEN {True} WHEN {value.Boolean ?? "NULL"}=0 THEN {False} WHEN {value.Null ?? "NULL"} IS NOT NULL THEN {Null} ELSE {Missing} END");
}
