using System.Text;
using System.Text.Json;

namespace Muster.Query;

/// <summary>
/// The language's meaning in a page of C#, over twin documents: what SQL is held to. Values are undefined, null, bool, double, string, or
/// a JsonElement for arrays and objects.
/// </summary>
internal static class ReferenceEvaluator
{
    public static readonly object Undefined = new();

    public static bool IsTrue(QueryExpression condition, JsonElement twin) => Value(condition, twin) is true;

    public static object? Value(QueryExpression expression, JsonElement twin) => expression switch
    {
        QueryExpression.Constant constant => Value(constant.Value),
        QueryExpression.Place place => At(twin, place.Path),
        QueryExpression.And and => Logic(and.Operands.Select(operand => Value(operand, twin)), decides: false),
        QueryExpression.Or or => Logic(or.Operands.Select(operand => Value(operand, twin)), decides: true),
        QueryExpression.Not not => Value(not.Operand, twin) is bool operand ? !operand : Undefined,
        QueryExpression.Compare compare => Compare(compare, twin),
        QueryExpression.In inside => In(inside, twin),
        QueryExpression.Arithmetic arithmetic => Arithmetic(arithmetic.Operator, Value(arithmetic.Left, twin), Value(arithmetic.Right, twin)),
        QueryExpression.Negate negate => Value(negate.Operand, twin) is double number ? -number : Undefined,
        QueryExpression.TypeTest test => Test(test.Kind, Value(test.Operand, twin)),
        QueryExpression.TextTest test => Value(test.Text, twin) is string text && Value(test.Part, twin) is string part ? Test(test.Kind, text, part) : Undefined,
        _ => throw new NotSupportedException(),
    };

    public static object? At(JsonElement twin, QueryPath path)
    {
        foreach (var name in path.Names)
        {
            if (twin.ValueKind != JsonValueKind.Object || !twin.TryGetProperty(name, out twin))
            {
                return Undefined;
            }
        }

        return twin.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => twin.GetDouble(),
            JsonValueKind.String => twin.GetString(),
            _ => twin,
        };
    }

    /// <summary>Below, equal or above zero as text is ordered: by code points.</summary>
    public static int Order(string left, string right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));

    private static object? Value(QueryConstant constant) => constant switch
    {
        QueryConstant.Number number => number.Value,
        QueryConstant.Text text => text.Value,
        QueryConstant.Boolean boolean => boolean.Value,
        QueryConstant.Null => null,
        QueryConstant.Array => JsonDocument.Parse("[]").RootElement,
        QueryConstant.Object => JsonDocument.Parse("{}").RootElement,
        _ => Undefined,
    };

    private static object Logic(IEnumerable<object?> operands, bool decides)
    {
        var known = true;
        foreach (var operand in operands)
        {
            if (operand is bool value && value == decides)
            {
                return decides;
            }

            known &= operand is bool;
        }

        return known ? !decides : Undefined;
    }

    private static object Compare(QueryExpression.Compare compare, JsonElement twin)
    {
        var (left, right) = (Value(compare.Left, twin), Value(compare.Right, twin));
        if (Time(compare.Left, compare.Right, left, right) is { } times)
        {
            return Holds(compare.Operator, times.Left.CompareTo(times.Right));
        }

        return Order(left, right) is { } order ? Holds(compare.Operator, order) : Undefined;
    }

    private static int? Order(object? left, object? right) => (left, right) switch
    {
        (double a, double b) => a.CompareTo(b),
        (string a, string b) => Order(a, b),
        (bool a, bool b) => a.CompareTo(b),
        (null, null) => 0,
        _ => null,
    };

    private static bool Holds(ComparisonOperator comparison, int order) => comparison switch
    {
        ComparisonOperator.Equal => order == 0,
        ComparisonOperator.NotEqual => order != 0,
        ComparisonOperator.Less => order < 0,
        ComparisonOperator.LessOrEqual => order <= 0,
        ComparisonOperator.Greater => order > 0,
        _ => order >= 0,
    };

    private static (long Left, long Right)? Time(QueryExpression left, QueryExpression right, object? leftValue, object? rightValue) =>
        ((IsTime(left) && right is QueryExpression.Constant) || (IsTime(right) && left is QueryExpression.Constant))
        && leftValue is string a && rightValue is string b && QueryTime.TryParse(a, out var leftTicks) && QueryTime.TryParse(b, out var rightTicks)
            ? (leftTicks, rightTicks)
            : null;

    private static bool IsTime(QueryExpression expression) => expression is QueryExpression.Place place
        && (place.Path.Root is QueryRoot.LastActivityTime or QueryRoot.StatusUpdateTime || place.Path.Segments is ["$metadata", "$lastUpdated"]);

    private static object In(QueryExpression.In inside, JsonElement twin)
    {
        if (IsTime(inside.Operand) && !inside.Values.IsEmpty)
        {
            var any = Logic(
                inside.Values.Select(value => Value(new QueryExpression.Compare(ComparisonOperator.Equal, inside.Operand, new QueryExpression.Constant(value)), twin)),
                decides: true);
            return any is bool found ? found != inside.Negated : Undefined;
        }

        var operand = Value(inside.Operand, twin);
        var orders = inside.Values.Select(value => Order(operand, Value(value))).OfType<int>().ToList();
        return inside.Values.IsEmpty || orders.Count > 0 ? orders.Contains(0) != inside.Negated : Undefined;
    }

    private static object Arithmetic(ArithmeticOperator arithmetic, object? left, object? right)
    {
        if (left is not double a || right is not double b || (arithmetic is ArithmeticOperator.Divide && b == 0))
        {
            return Undefined;
        }

        var result = arithmetic switch
        {
            ArithmeticOperator.Add => a + b,
            ArithmeticOperator.Subtract => a - b,
            ArithmeticOperator.Multiply => a * b,
            ArithmeticOperator.Divide => a / b,
            _ => a % b,
        };
        return double.IsNaN(result) ? Undefined : result;
    }

    private static bool Test(TypeTestKind kind, object? value) => kind switch
    {
        TypeTestKind.Defined => value != Undefined,
        TypeTestKind.Null => value is null,
        TypeTestKind.String => value is string,
        TypeTestKind.Number => value is double,
        TypeTestKind.Boolean => value is bool,
        TypeTestKind.Array => value is JsonElement { ValueKind: JsonValueKind.Array },
        TypeTestKind.Object => value is JsonElement { ValueKind: JsonValueKind.Object },
        _ => value is null or string or double or bool,
    };

    private static bool Test(TextTestKind kind, string text, string part) => kind switch
    {
        TextTestKind.StartsWith => text.StartsWith(part, StringComparison.Ordinal),
        TextTestKind.EndsWith => text.EndsWith(part, StringComparison.Ordinal),
        _ => text.Contains(part, StringComparison.Ordinal),
    };
}
