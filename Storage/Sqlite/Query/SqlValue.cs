using Muster.Query;

namespace Muster.Storage.Sqlite;

/// <summary>
/// A JSON value or nothing, in SQL: one expression per type that it may have, each NULL where the value is of another type or missing.
/// SQL's NULL is therefore always "undefined", and SQL's three-valued logic is the language's. A type that it never has is null here.
/// </summary>
internal sealed record SqlValue
{
    public static SqlValue Undefined { get; } = new();

    public static SqlValue AnObject { get; } = new() { Object = "1" };

    public string? Number { get; init; }

    public string? Text { get; init; }

    /// <summary>1 or 0.</summary>
    public string? Boolean { get; init; }

    /// <summary>1 for a JSON null.</summary>
    public string? Null { get; init; }

    /// <summary>1 for an array.</summary>
    public string? Array { get; init; }

    /// <summary>1 for an object.</summary>
    public string? Object { get; init; }

    /// <summary>SQLite's name of the JSON type, NULL if missing; null unless the value lies in a document.</summary>
    public string? JsonType { get; init; }

    /// <summary>The value as SQLite takes it out of the document, whatever its type; null unless it lies in one.</summary>
    public string? InDocumentValue { get; init; }

    /// <summary>Ticks of a time; <see cref="Text"/> is then its ISO form.</summary>
    public string? Ticks { get; init; }

    /// <summary>True if <see cref="Number"/> is a REAL for certain.</summary>
    public bool IsReal { get; init; }

    /// <summary>A text that is kept as a number: it can be compared for equality with constants only.</summary>
    public SqlCode? Code { get; init; }

    /// <summary>What a condition sees: 1, 0 or NULL.</summary>
    public string Truth => Boolean ?? "NULL";

    public static SqlValue OfTruth(string sql) => new() { Boolean = sql };

    /// <summary>The value at a JSON path of a document column, by SQLite's own types: <c>'1'</c> is not 1, and true is not 1.</summary>
    public static SqlValue InDocument(string document, string path)
    {
        var type = $"json_type({document},{path})";
        var value = $"json_extract({document},{path})";
        return new SqlValue
        {
            JsonType = type,
            InDocumentValue = value,
            Number = $"CASE WHEN {type} IN ('integer','real') THEN {value} END",
            Text = $"CASE {type} WHEN 'text' THEN {value} END",
            Boolean = $"CASE {type} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
            Null = $"CASE {type} WHEN 'null' THEN 1 END",
            Array = $"CASE {type} WHEN 'array' THEN 1 END",
            Object = $"CASE {type} WHEN 'object' THEN 1 END",
        };
    }

    /// <summary>1 or 0, never NULL.</summary>
    public string Test(TypeTestKind kind) => JsonType is { } type
        ? kind switch
        {
            TypeTestKind.Defined => $"({type} IS NOT NULL)",
            TypeTestKind.Number => $"COALESCE({type} IN ('integer','real'),0)",
            TypeTestKind.Boolean => $"COALESCE({type} IN ('true','false'),0)",
            TypeTestKind.Primitive => $"COALESCE({type} NOT IN ('array','object'),0)",
            TypeTestKind.String => $"({type} IS 'text')",
            _ => $"({type} IS '{kind.ToString().ToLowerInvariant()}')",
        }
        : kind switch
        {
            TypeTestKind.Defined => Code is null ? AnyOf(Number, Text, Boolean, Null, Array, Object) : "1",
            TypeTestKind.Primitive => Code is null ? AnyOf(Number, Text, Boolean, Null) : "1",
            TypeTestKind.String => Code is null ? AnyOf(Text) : "1",
            TypeTestKind.Number => AnyOf(Number),
            TypeTestKind.Boolean => AnyOf(Boolean),
            TypeTestKind.Null => AnyOf(Null),
            TypeTestKind.Array => AnyOf(Array),
            _ => AnyOf(Object),
        };

    private static string AnyOf(params ReadOnlySpan<string?> types)
    {
        var tests = new List<string>();
        foreach (var type in types)
        {
            if (type is not null)
            {
                tests.Add($"({type}) IS NOT NULL");
            }
        }

        return tests.Count == 0 ? "0" : $"({string.Join(" OR ", tests)})";
    }
}

/// <summary>A text that a number stands for.</summary>
/// <param name="Column">The number, in SQL.</param>
/// <param name="Decode">The number of a text; null if no number gives it.</param>
internal sealed record SqlCode(string Column, Func<string, long?> Decode);
