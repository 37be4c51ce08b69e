using System.Globalization;
using System.Text.Json;
using Muster.Query;
using Muster.Storage.Query;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>What rows of a group have in common: three columns, the rank of its type, its number and its text.</summary>
internal static class PostgresGroupKey
{
    public const int Columns = 3;

    public static string[] Compile(SqlValue value, QueryPath path)
    {
        GroupRank.Check(value, path);
        var number = value.Number is { } sql ? $"({sql})::float8" : "NULL::float8";
        return value.JsonType is { } type
            ? [OfDocument(type, value.Boolean!), number, $"(CASE WHEN {type} IN ('array','object') THEN {value.InDocumentValue} ELSE {value.Text} END COLLATE \"C\")"]
            : [GroupRank.OfColumn(value), number, value.Text ?? "NULL::text"];
    }

    /// <summary>Writes the value under its name, or nothing if it is missing.</summary>
    public static void Write(Utf8JsonWriter to, JsonEncodedText name, NpgsqlDataReader row, int column)
    {
        var rank = row.GetInt32(column);
        if (GroupRank.WriteWhole(to, name, rank))
        {
            return;
        }

        switch (rank)
        {
            case GroupRank.Number:
                WriteNumber(to, row.GetDouble(column + 1));
                break;
            case GroupRank.Text:
                to.WriteStringValue(JsonbText.Decode(row.GetString(column + 2)));
                break;
            default:
                to.WriteRawValue(JsonbText.DecodeJson(row.GetString(column + 2)));
                break;
        }
    }

    /// <summary>Null where it is none that JSON has.</summary>
    public static void WriteNumber(Utf8JsonWriter to, double number)
    {
        if (Math.Abs(number) <= 1L << 53 && Math.Truncate(number) == number)
        {
            to.WriteNumberValue((long)number);
        }
        else if (double.IsFinite(number))
        {
            to.WriteNumberValue(number);
        }
        else
        {
            to.WriteNullValue();
        }
    }

    private static string OfDocument(string type, string truth) => string.Create(
        CultureInfo.InvariantCulture,
        $"CASE {type} WHEN 'null' THEN {GroupRank.Null} WHEN 'boolean' THEN CASE WHEN {truth} THEN {GroupRank.True} ELSE {GroupRank.False} END WHEN 'number' THEN {GroupRank.Number} WHEN 'string' THEN {GroupRank.Text} WHEN 'array' THEN {GroupRank.Document} WHEN 'object' THEN {GroupRank.Document} ELSE {GroupRank.Missing} END");
}
