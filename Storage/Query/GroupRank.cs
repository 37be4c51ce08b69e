using System.Globalization;
using System.Text.Json;
using Muster.Query;

namespace Muster.Storage.Query;

/// <summary>The type of a group's key as a number, so that null, missing and 0 are groups of their own; groups come in this order.</summary>
internal static class GroupRank
{
    public const int Missing = 0;
    public const int Null = 1;
    public const int False = 2;
    public const int True = 3;
    public const int Number = 4;
    public const int Text = 5;

    /// <summary>An array or an object.</summary>
    public const int Document = 6;

    /// <exception cref="QueryException">No engine groups by this place.</exception>
    public static void Check(SqlValue value, QueryPath path)
    {
        if (value is { JsonType: null } && (value.Code ?? (object?)value.Array ?? value.Object) is not null)
        {
            throw new QueryException($"{path} cannot be grouped by.", path.Position);
        }
    }

    /// <summary>The rank, in SQL, of a value that does not lie in a document.</summary>
    public static string OfColumn(SqlValue value) => string.Create(
        CultureInfo.InvariantCulture,
        $"CASE WHEN {value.Number ?? "NULL"} IS NOT NULL THEN {Number} WHEN {value.Text ?? "NULL"} IS NOT NULL THEN {Text} WHEN {value.Boolean ?? "NULL"} THEN {True} WHEN NOT {value.Boolean ?? "NULL"} THEN {False} WHEN {value.Null ?? "NULL"} IS NOT NULL THEN {Null} ELSE {Missing} END");

    /// <summary>Writes the name, and the value if its rank says all of it; of a missing value neither.</summary>
    /// <returns>False if the value is still to be written.</returns>
    public static bool WriteWhole(Utf8JsonWriter to, JsonEncodedText name, long rank)
    {
        if (rank == Missing)
        {
            return true;
        }

        to.WritePropertyName(name);
        switch (rank)
        {
            case Null:
                to.WriteNullValue();
                return true;
            case False or True:
                to.WriteBooleanValue(rank == True);
                return true;
            default:
                return false;
        }
    }
}
