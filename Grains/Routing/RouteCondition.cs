using Muster.Query;

namespace Muster.Routing;

/// <summary>A condition, read once and asked of many messages. Thread-safe.</summary>
internal sealed class RouteCondition
{
    private readonly RouteExpression root;

    private RouteCondition(RouteExpression root) => this.root = root;

    /// <summary>Whether the twin must be there before the condition can be answered.</summary>
    internal bool NamesTwin => Uses(root, static expression => expression is RouteExpression.Place { Document: RouteDocument.Twin });

    /// <exception cref="QueryException">It is not a condition; says where and why.</exception>
    internal static RouteCondition Parse(string text) => new(ConditionParser.Parse(text));

    /// <summary>False where it is not true: false, undefined, or no truth value at all.</summary>
    internal bool Holds(RouteMessage message) => Evaluate(message).Truth == true;

    internal RouteValue Evaluate(RouteMessage message) => ConditionEvaluator.Evaluate(root, message);

    private static bool Uses(RouteExpression expression, Func<RouteExpression, bool> wanted) => wanted(expression) || expression switch
    {
        RouteExpression.And and => and.Operands.Any(operand => Uses(operand, wanted)),
        RouteExpression.Or or => or.Operands.Any(operand => Uses(operand, wanted)),
        RouteExpression.Not not => Uses(not.Operand, wanted),
        RouteExpression.Compare compare => Uses(compare.Left, wanted) || Uses(compare.Right, wanted),
        RouteExpression.Arithmetic arithmetic => Uses(arithmetic.Left, wanted) || Uses(arithmetic.Right, wanted),
        RouteExpression.Concatenate concatenate => Uses(concatenate.Left, wanted) || Uses(concatenate.Right, wanted),
        RouteExpression.Negate negate => Uses(negate.Operand, wanted),
        RouteExpression.Call call => call.Arguments.Any(argument => Uses(argument, wanted)),
        _ => false,
    };
}
