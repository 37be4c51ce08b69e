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

    private const int Missing = 0;
    private const int Null = 1;
    private const int False = 2;
    private const int True = 3;
    private const int Number = 4;
    private const int Text = 5;
    private const int Document = 6;

    public static string[] Compile(SqlValue value, QueryPath path)
    {
        if (value is { JsonType: null } && (value.Code ?? (object?)value.Array ?? value.Object) is not null)
        {
            throw new QueryException($"{path} cannot be grouped by.", path.Position);
        }

        var number = value.Number is { } sql ? $"({sql})::float8" : "NULL::float8";
        return value.JsonType is { } type
            ? [OfDocument(type, value.Boolean!), number, $"(CASE WHEN {type} IN ('array','object') THEN {value.InDocumentValue} ELSE {value.Text} END COLLATE \"C\")"]
            : [OfColumn(value), number, value.Text ?? "NULL::text"];
    }

    /// <summary>Writes the value under its name, or nothing if it is missing.</summary>
    public static void Write(Utf8JsonWriter to, JsonEncodedText name, NpgsqlDataReader row, int column)
    {
        var rank = row.GetInt32(column);
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
            case Number:
                WriteNumber(to, row.GetDouble(column + 1));
                break;
            case Text:
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
        $"CASE {type} WHEN 'null' THEN {Null} WHEN 'boolean' THEN CASE WHEN {truth} THEN {True} ELSE {False} END WHEN 'number' THEN {Number} WHEN 'string' THEN {Text} WHEN 'array' THEN {Document} WHEN 'object' THEN {Document} ELSE {Missing} END");

    private static string OfColumn(SqlValue value) => string.Create(
        CultureInfo.InvariantCulture,
        $"CASE WHEN {value.Number ?? "NULL"} IS NOT NULL THEN {Number} WHEN {value.Text ?? "NULL"} IS NOT NULL THEN {Text} WHEN {value.Boolean ?? "NULL"} THEN {True} WHEN NOT {value.Boolean ?? "NULL"} THEN {False} WHEN {value.Null ?? "NULL"} IS NOT NULL THEN {Null} ELSE {Missing} END");
}
