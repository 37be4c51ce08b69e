using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Storage.Query;

/// <summary>Conditions and values of the language to SQL.</summary>
internal sealed class ConditionCompiler(SqlDialect dialect)
{
    private readonly PlaceCompiler places = new(dialect);

    /// <summary>SQL that is true where the condition is, and false or NULL where it is not.</summary>
    public string Condition(QueryExpression expression) => Value(expression).Boolean ?? dialect.Unknown;

    public SqlValue Place(QueryPath path) => places.Compile(path);

    public SqlValue Value(QueryExpression expression) => expression switch
    {
        QueryExpression.Constant constant => Constant(constant.Value),
        QueryExpression.Place place => places.Compile(place.Path),
        QueryExpression.And and => SqlValue.OfTruth(Joined("AND", and.Operands.AsSpan())),
        QueryExpression.Or or => SqlValue.OfTruth(Joined("OR", or.Operands.AsSpan())),
        QueryExpression.Not not => SqlValue.OfTruth($"(NOT {Condition(not.Operand)})"),
        QueryExpression.Compare compare => SqlValue.OfTruth(Comparison(compare)),
        QueryExpression.In inside => SqlValue.OfTruth(Membership(inside)),
        QueryExpression.Arithmetic arithmetic => Arithmetic(arithmetic),
        QueryExpression.Negate negate => Real(Value(negate.Operand)) is { } operand ? new SqlValue { Number = $"(-{operand})", IsReal = true } : SqlValue.Undefined,
        QueryExpression.TypeTest test => SqlValue.OfTruth(Value(test.Operand).Test(test.Kind, dialect)),
        QueryExpression.TextTest test => SqlValue.OfTruth(TextTest(test)),
        _ => throw new NotSupportedException(expression.GetType().Name),
    };

    public SqlValue Constant(QueryConstant constant) => constant switch
    {
        QueryConstant.Number number => new SqlValue { Number = dialect.Number(number.Value) },
        QueryConstant.Text text => new SqlValue { Text = dialect.Text(text.Value) },
        QueryConstant.Boolean boolean => SqlValue.OfTruth(boolean.Value ? dialect.True : dialect.False),
        QueryConstant.Null => new SqlValue { Null = "1" },
        QueryConstant.Array => new SqlValue { Array = "1" },
        QueryConstant.Object => SqlValue.AnObject,
        _ => SqlValue.Undefined,
    };

    // Balanced: engines bound the depth of an expression, and a long list would lean to one side.
    private string Joined(string with, ReadOnlySpan<QueryExpression> operands) => operands.Length == 1
        ? Condition(operands[0])
        : $"({Joined(with, operands[..(operands.Length / 2)])} {with} {Joined(with, operands[(operands.Length / 2)..])})";

    private string Comparison(QueryExpression.Compare compare)
    {
        var sign = Sign(compare.Operator);
        if (Special(compare.Operator, compare.Left, compare.Right, sign) is { } special)
        {
            return special;
        }

        if (Special(compare.Operator, compare.Right, compare.Left, Sign(Mirrored(compare.Operator))) is { } mirrored)
        {
            return mirrored;
        }

        var (left, right) = (Value(compare.Left), Value(compare.Right));
        return dialect.FirstDefined(
            Pair(left.Number, sign, right.Number),
            Pair(left.Text, sign, right.Text),
            Pair(left.Boolean, sign, right.Boolean),
            Pair(left.Null, sign, right.Null));
    }

    // Times and etags are kept as numbers, and a constant beside them is turned into one.
    private string? Special(ComparisonOperator comparison, QueryExpression subject, QueryExpression other, string sign)
    {
        if (subject is not QueryExpression.Place { Path: var path } || places.Compile(path) is not { } place)
        {
            return null;
        }

        var text = other is QueryExpression.Constant { Value: QueryConstant.Text constant } ? constant.Value : null;
        if (place.Ticks is not null && text is not null && QueryTime.TryParse(text, out var ticks))
        {
            return $"({place.Ticks} {sign} {dialect.Parameters.Add(ticks)})";
        }

        if (place.Code is null)
        {
            return null;
        }

        var equality = comparison is ComparisonOperator.Equal or ComparisonOperator.NotEqual;
        return text is not null && equality ? Coded(place.Code, sign, text)
            : other is QueryExpression.Constant && text is null ? dialect.Unknown
            : throw new QueryException($"{path} can only be compared for equality, with a string.", path.Position);
    }

    private string Coded(SqlCode code, string sign, string text) =>
        code.Decode(text) is { } number ? $"({code.Column} {sign} {dialect.Parameters.Add(number)})" : sign == "=" ? dialect.False : dialect.True;

    private string Membership(QueryExpression.In inside)
    {
        var operand = Value(inside.Operand);
        if (operand.Ticks is not null || operand.Code is not null)
        {
            var equalities = inside.Values
                .Select(value => (QueryExpression)new QueryExpression.Compare(ComparisonOperator.Equal, inside.Operand, new QueryExpression.Constant(value)))
                .ToImmutableArray();
            return Negated(inside.Negated, equalities.IsEmpty ? dialect.False : Joined("OR", equalities.AsSpan()));
        }

        var values = inside.Values.Select(Constant).ToImmutableArray();
        return Negated(inside.Negated, values.IsEmpty ? dialect.False : dialect.FirstDefined(
            OneOf(operand.Number, values, value => value.Number),
            OneOf(operand.Text, values, value => value.Text),
            OneOf(operand.Boolean, values, value => value.Boolean),
            OneOf(operand.Null, values, value => value.Null)));
    }

    private static string Negated(bool negated, string sql) => negated ? $"(NOT {sql})" : sql;

    private static string? OneOf(string? operand, ImmutableArray<SqlValue> values, Func<SqlValue, string?> ofType)
    {
        var list = values.Select(ofType).Where(sql => sql is not null).ToList();
        return operand is null || list.Count == 0 ? null : $"({operand} IN ({string.Join(',', list)}))";
    }

    private SqlValue Arithmetic(QueryExpression.Arithmetic arithmetic) =>
        Real(Value(arithmetic.Left)) is { } left && Real(Value(arithmetic.Right)) is { } right
            ? new SqlValue { Number = dialect.Arithmetic(arithmetic.Operator, left, right), IsReal = true }
            : SqlValue.Undefined;

    private string TextTest(QueryExpression.TextTest test) =>
        Value(test.Text).Text is { } text && Value(test.Part).Text is { } part ? dialect.TextTest(test.Kind, text, part) : dialect.Unknown;

    // Whole numbers would round and overflow; the language has doubles.
    private string? Real(SqlValue value) => value.Number is null || value.IsReal ? value.Number : dialect.Real(value.Number);

    private static string? Pair(string? left, string sign, string? right) => left is null || right is null ? null : $"({left} {sign} {right})";

    private static string Sign(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Equal => "=",
        ComparisonOperator.NotEqual => "<>",
        ComparisonOperator.Less => "<",
        ComparisonOperator.LessOrEqual => "<=",
        ComparisonOperator.Greater => ">",
        _ => ">=",
    };

    private static ComparisonOperator Mirrored(ComparisonOperator comparison) => comparison switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => comparison,
    };
}
