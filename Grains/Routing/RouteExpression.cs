using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Routing;

/// <summary>
/// A routing condition or a value in it. Operators whose operands are of the wrong type, or undefined, yield undefined; AND, OR and NOT follow
/// three-valued logic; an event is routed only if the whole is true. Trees are at most <see cref="ConditionParser.MaxDepth"/> deep.
/// </summary>
internal abstract record RouteExpression
{
    private RouteExpression() { }

    /// <summary>A value that stands in the text.</summary>
    internal sealed record Constant(RouteValue Value) : RouteExpression;

    /// <summary>An application property of the message: text, or null where the device gave the name alone. Names are compared without regard to case.</summary>
    internal sealed record Property(string Name) : RouteExpression;

    /// <summary>A system property, by its name on the Event Hubs-compatible endpoint.</summary>
    internal sealed record SystemProperty(string Name) : RouteExpression;

    /// <summary>A place in the body (<c>$body</c>) or in the twin (<c>$twin</c>).</summary>
    internal sealed record Place(RouteDocument Document, ImmutableArray<PathStep> Steps) : RouteExpression;

    /// <summary>True if all operands are true, false if one is false.</summary>
    internal sealed record And(ImmutableArray<RouteExpression> Operands) : RouteExpression;

    /// <summary>True if one operand is true, false if all are false.</summary>
    internal sealed record Or(ImmutableArray<RouteExpression> Operands) : RouteExpression;

    internal sealed record Not(RouteExpression Operand) : RouteExpression;

    /// <summary>Compares two primitive values of the same type: text by Unicode code points, false before true.</summary>
    internal sealed record Compare(ComparisonOperator Operator, RouteExpression Left, RouteExpression Right) : RouteExpression;

    /// <summary>Arithmetic in IEEE doubles; undefined where the result is not a finite number.</summary>
    internal sealed record Arithmetic(ArithmeticOperator Operator, RouteExpression Left, RouteExpression Right) : RouteExpression;

    /// <summary>Text after text: <c>||</c>.</summary>
    internal sealed record Concatenate(RouteExpression Left, RouteExpression Right) : RouteExpression;

    internal sealed record Negate(RouteExpression Operand) : RouteExpression;

    internal sealed record Call(RouteFunction Function, ImmutableArray<RouteExpression> Arguments) : RouteExpression;
}

internal enum RouteDocument
{
    Body,
    Twin,
}

/// <summary>One step into a document: a member by its name, or an item by its index where there is no name.</summary>
internal readonly record struct PathStep(string? Name, int Index);
