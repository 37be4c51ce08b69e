using Muster.Query;

namespace Muster.Storage.Query;

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

    /// <summary>The engine's truth value.</summary>
    public string? Boolean { get; init; }

    /// <summary>1 for a JSON null.</summary>
    public string? Null { get; init; }

    /// <summary>1 for an array.</summary>
    public string? Array { get; init; }

    /// <summary>1 for an object.</summary>
    public string? Object { get; init; }

    /// <summary>The engine's name of the JSON type, NULL if missing; null unless the value lies in a document.</summary>
    public string? JsonType { get; init; }

    /// <summary>The value as the engine takes it out of the document, whatever its type; null unless it lies in one.</summary>
    public string? InDocumentValue { get; init; }

    /// <summary>Ticks of a time; <see cref="Text"/> is then its ISO form.</summary>
    public string? Ticks { get; init; }

    /// <summary>True if <see cref="Number"/> is a REAL for certain.</summary>
    public bool IsReal { get; init; }

    /// <summary>A text that is kept as a number: it can be compared for equality with constants only.</summary>
    public SqlCode? Code { get; init; }

    public static SqlValue OfTruth(string sql) => new() { Boolean = sql };

    /// <summary>A truth value, never NULL.</summary>
    public string Test(TypeTestKind kind, SqlDialect dialect) => JsonType is { } type
        ? dialect.Test(type, kind)
        : kind switch
        {
            TypeTestKind.Defined => Code is null ? AnyOf(dialect, Number, Text, Boolean, Null, Array, Object) : dialect.True,
            TypeTestKind.Primitive => Code is null ? AnyOf(dialect, Number, Text, Boolean, Null) : dialect.True,
            TypeTestKind.String => Code is null ? AnyOf(dialect, Text) : dialect.True,
            TypeTestKind.Number => AnyOf(dialect, Number),
            TypeTestKind.Boolean => AnyOf(dialect, Boolean),
            TypeTestKind.Null => AnyOf(dialect, Null),
            TypeTestKind.Array => AnyOf(dialect, Array),
            _ => AnyOf(dialect, Object),
        };

    private static string AnyOf(SqlDialect dialect, params ReadOnlySpan<string?> types)
    {
        var tests = new List<string>();
        foreach (var type in types)
        {
            if (type is not null)
            {
                tests.Add($"({type}) IS NOT NULL");
            }
        }

        return tests.Count == 0 ? dialect.False : $"({string.Join(" OR ", tests)})";
    }
}

/// <summary>A text that a number stands for.</summary>
/// <param name="Column">The number, in SQL.</param>
/// <param name="Decode">The number of a text; null if no number gives it.</param>
internal sealed record SqlCode(string Column, Func<string, long?> Decode);
