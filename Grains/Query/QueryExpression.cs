using System.Collections.Immutable;

namespace Muster.Query;

/// <summary>
/// A condition or value. What it yields is a JSON value or nothing (undefined). Operators whose operands are of the wrong type, or
/// undefined, yield undefined; AND, OR and NOT follow three-valued logic; a row belongs to the result only if the whole is true.
/// Trees are at most <see cref="QueryParser.MaxDepth"/> deep.
/// </summary>
public abstract record QueryExpression
{
    private QueryExpression() { }

    /// <summary>A value that stands in the text.</summary>
    public sealed record Constant(QueryConstant Value) : QueryExpression;

    /// <summary>What the twin has at a place.</summary>
    public sealed record Place(QueryPath Path) : QueryExpression;

    /// <summary>True if all operands are true, false if one is false. Two operands or more.</summary>
    public sealed record And(ImmutableArray<QueryExpression> Operands) : QueryExpression;

    /// <summary>True if one operand is true, false if all are false. Two operands or more.</summary>
    public sealed record Or(ImmutableArray<QueryExpression> Operands) : QueryExpression;

    public sealed record Not(QueryExpression Operand) : QueryExpression;

    /// <summary>Compares two primitive values of the same type: text by Unicode code points, false before true.</summary>
    public sealed record Compare(ComparisonOperator Operator, QueryExpression Left, QueryExpression Right) : QueryExpression;

    /// <summary>
    /// IN, or NIN if <paramref name="Negated"/>: is the operand one of the values? Undefined if none of them is of its type; an empty list
    /// holds nothing.
    /// </summary>
    public sealed record In(QueryExpression Operand, ImmutableArray<QueryConstant> Values, bool Negated) : QueryExpression;

    /// <summary>Binary arithmetic in IEEE doubles; undefined where the result is not a number.</summary>
    public sealed record Arithmetic(ArithmeticOperator Operator, QueryExpression Left, QueryExpression Right) : QueryExpression;

    public sealed record Negate(QueryExpression Operand) : QueryExpression;

    /// <summary>IS_DEFINED, IS_STRING and their like: false for what is missing, never undefined.</summary>
    public sealed record TypeTest(TypeTestKind Kind, QueryExpression Operand) : QueryExpression;

    /// <summary>STARTSWITH, ENDSWITH, CONTAINS: undefined unless both are text.</summary>
    public sealed record TextTest(TextTestKind Kind, QueryExpression Text, QueryExpression Part) : QueryExpression;
}

public enum ComparisonOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

public enum ArithmeticOperator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

public enum TypeTestKind
{
    Defined,
    Null,
    String,
    Number,
    Boolean,
    Array,
    Object,

    /// <summary>Text, number, boolean or null.</summary>
    Primitive,
}

public enum TextTestKind
{
    StartsWith,
    EndsWith,
    Contains,
}

/// <summary>A value as it is written in the text.</summary>
public abstract record QueryConstant
{
    private QueryConstant() { }

    /// <summary>Finite.</summary>
    public sealed record Number(double Value) : QueryConstant;

    /// <summary>Well-formed UTF-16, escapes resolved.</summary>
    public sealed record Text(string Value) : QueryConstant;

    public sealed record Boolean(bool Value) : QueryConstant;

    public sealed record Null : QueryConstant;

    public sealed record Undefined : QueryConstant;

    public sealed record Array(ImmutableArray<QueryConstant> Values) : QueryConstant;

    public sealed record Object(ImmutableArray<KeyValuePair<string, QueryConstant>> Members) : QueryConstant;
}
