using System.Globalization;

namespace Muster.Query;

/// <summary>A tree as text, so that tests can show what they expect: prefix form, everything in brackets.</summary>
internal static class TreeText
{
    public static string Of(TwinQuery query)
    {
        var top = query.Top is { } most ? $"top {most} " : "";
        var items = query.SelectsAll ? "*" : string.Join(", ", query.Items.Select(Of));
        var where = query.Where is { } condition ? " where " + Of(condition) : "";
        var groups = query.GroupBy.IsEmpty ? "" : " by " + string.Join(", ", query.GroupBy);
        return $"{top}{items} of {query.Source}{where}{groups}";
    }

    public static string Of(QueryExpression expression) => expression switch
    {
        QueryExpression.Constant constant => Of(constant.Value),
        QueryExpression.Place place => Of(place.Path),
        QueryExpression.And and => $"(and {string.Join(' ', and.Operands.Select(Of))})",
        QueryExpression.Or or => $"(or {string.Join(' ', or.Operands.Select(Of))})",
        QueryExpression.Not not => $"(not {Of(not.Operand)})",
        QueryExpression.Compare compare => $"({compare.Operator} {Of(compare.Left)} {Of(compare.Right)})",
        QueryExpression.In { Negated: var negated } inside => $"({(negated ? "nin" : "in")} {Of(inside.Operand)} [{string.Join(' ', inside.Values.Select(Of))}])",
        QueryExpression.Arithmetic arithmetic => $"({arithmetic.Operator} {Of(arithmetic.Left)} {Of(arithmetic.Right)})",
        QueryExpression.Negate negate => $"(minus {Of(negate.Operand)})",
        QueryExpression.TypeTest test => $"(is {test.Kind} {Of(test.Operand)})",
        QueryExpression.TextTest test => $"({test.Kind} {Of(test.Text)} {Of(test.Part)})",
        _ => throw new NotSupportedException(),
    };

    private static string Of(QueryPath path) => string.Join('.', path.Names.Select(name => name.All(char.IsLetterOrDigit) || name[0] == '$' ? name : $"<{name}>"));

    private static string Of(SelectItem item) => item switch
    {
        SelectItem.Value value => $"{Of(value.Path)} as {value.Name}",
        SelectItem.Aggregate { Argument: { } argument } aggregate => $"{aggregate.Function}({Of(argument)}) as {aggregate.Name}",
        SelectItem.Aggregate aggregate => $"{aggregate.Function}() as {aggregate.Name}",
        _ => throw new NotSupportedException(),
    };

    private static string Of(QueryConstant constant) => constant switch
    {
        QueryConstant.Number number => number.Value.ToString(CultureInfo.InvariantCulture),
        QueryConstant.Text text => $"'{text.Value}'",
        QueryConstant.Boolean boolean => boolean.Value ? "true" : "false",
        QueryConstant.Null => "null",
        QueryConstant.Undefined => "undefined",
        QueryConstant.Array array => $"[{string.Join(' ', array.Values.Select(Of))}]",
        QueryConstant.Object members => $"{{{string.Join(' ', members.Members.Select(member => $"{member.Key}:{Of(member.Value)}"))}}}",
        _ => throw new NotSupportedException(),
    };
}
