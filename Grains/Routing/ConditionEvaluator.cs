using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Routing;

/// <summary>What a condition yields for a message. Pure; never throws for what a message or a twin holds.</summary>
internal static class ConditionEvaluator
{
    internal static RouteValue Evaluate(RouteExpression expression, RouteMessage message) => expression switch
    {
        RouteExpression.Constant constant => constant.Value,
        RouteExpression.Property property => message.Property(property.Name),
        RouteExpression.SystemProperty property => message.SystemProperty(property.Name),
        RouteExpression.Place place => At(place.Document == RouteDocument.Body ? message.Body : message.Twin, place.Steps),
        RouteExpression.And and => Logic(and.Operands, message, decides: false),
        RouteExpression.Or or => Logic(or.Operands, message, decides: true),
        RouteExpression.Not not => RouteValue.Of(!Evaluate(not.Operand, message).Truth),
        RouteExpression.Compare compare => Compare(compare.Operator, Evaluate(compare.Left, message), Evaluate(compare.Right, message)),
        RouteExpression.Arithmetic arithmetic => Arithmetic(arithmetic.Operator, Evaluate(arithmetic.Left, message), Evaluate(arithmetic.Right, message)),
        RouteExpression.Concatenate concatenate => RouteFunction.Concat(Evaluate(concatenate.Left, message), Evaluate(concatenate.Right, message)),
        RouteExpression.Negate negate => Evaluate(negate.Operand, message).Number is { } number ? RouteValue.Of(-number) : default,
        RouteExpression.Call call => call.Function.Apply([.. call.Arguments.Select(argument => Evaluate(argument, message))]),
        _ => throw new NotSupportedException($"Unknown expression {expression}."),
    };

    private static RouteValue At(RouteValue document, ImmutableArray<PathStep> steps)
    {
        var value = document;
        foreach (var step in steps)
        {
            value = step.Name is { } name ? value.Member(name) : value.Item(step.Index);
        }

        return value;
    }

    private static RouteValue Logic(ImmutableArray<RouteExpression> operands, RouteMessage message, bool decides)
    {
        var known = true;
        foreach (var operand in operands)
        {
            var truth = Evaluate(operand, message).Truth;
            if (truth == decides)
            {
                return RouteValue.Of(decides);
            }

            known &= truth is not null;
        }

        return known ? RouteValue.Of(!decides) : default;
    }

    private static RouteValue Compare(ComparisonOperator comparison, RouteValue left, RouteValue right) =>
        Order(left, right) is { } order
            ? RouteValue.Of(comparison switch
            {
                ComparisonOperator.Equal => order == 0,
                ComparisonOperator.NotEqual => order != 0,
                ComparisonOperator.Less => order < 0,
                ComparisonOperator.LessOrEqual => order <= 0,
                ComparisonOperator.Greater => order > 0,
                _ => order >= 0,
            })
            : default;

    private static int? Order(in RouteValue left, in RouteValue right) => left.Kind != right.Kind ? null : left.Kind switch
    {
        RouteValueKind.Null => 0,
        RouteValueKind.Boolean => left.Truth!.Value.CompareTo(right.Truth!.Value),
        RouteValueKind.Number => left.Number!.Value.CompareTo(right.Number!.Value),
        RouteValueKind.Text => Order(left.Text!, right.Text!),
        _ => null,
    };

    // By code points, as everywhere in the hub: UTF-16 order puts what is beyond the basic plane before the rest.
    private static int Order(string left, string right)
    {
        var (a, b) = (left.EnumerateRunes(), right.EnumerateRunes());
        while (true)
        {
            var (hasA, hasB) = (a.MoveNext(), b.MoveNext());
            if (!hasA || !hasB)
            {
                return hasA.CompareTo(hasB);
            }

            if (a.Current != b.Current)
            {
                return a.Current.CompareTo(b.Current);
            }
        }
    }

    private static RouteValue Arithmetic(ArithmeticOperator arithmetic, RouteValue left, RouteValue right) =>
        left.Number is { } a && right.Number is { } b
            ? RouteValue.Of(arithmetic switch
            {
                ArithmeticOperator.Add => a + b,
                ArithmeticOperator.Subtract => a - b,
                ArithmeticOperator.Multiply => a * b,
                ArithmeticOperator.Divide => a / b,
                _ => a % b,
            })
            : default;
}
