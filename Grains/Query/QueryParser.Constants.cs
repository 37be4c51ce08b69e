using System.Collections.Immutable;

namespace Muster.Query;

internal sealed partial class QueryParser
{
    private QueryConstant? TryConstant()
    {
        var first = scanner.Peek();
        if (char.IsAsciiDigit(first) || first == '.')
        {
            return new QueryConstant.Number(scanner.Number());
        }

        return first switch
        {
            '\'' or '"' => new QueryConstant.Text(scanner.String()),
            '[' => Deeper(() => new QueryConstant.Array(Values("here"))),
            '{' => Deeper(Object),
            _ => TryNamedConstant(),
        };
    }

    private QueryConstant? TryNamedConstant() =>
        scanner.TryKeyword("true") ? new QueryConstant.Boolean(true)
        : scanner.TryKeyword("false") ? new QueryConstant.Boolean(false)
        : scanner.TryKeyword("null") ? new QueryConstant.Null()
        : scanner.TryKeyword("undefined") ? new QueryConstant.Undefined()
        : null;

    private QueryConstant ConstantOnly()
    {
        if (!scanner.TrySign("-"))
        {
            return TryConstant() ?? throw scanner.Error($"A constant is expected, not {scanner.Found()}.");
        }

        return TryConstant() is QueryConstant.Number number
            ? new QueryConstant.Number(-number.Value)
            : throw scanner.Error($"A number is expected, not {scanner.Found()}.");
    }

    private ImmutableArray<QueryConstant> Values(string where)
    {
        scanner.Expect("[", where);
        var values = ImmutableArray.CreateBuilder<QueryConstant>();
        if (!scanner.TrySign("]"))
        {
            do
            {
                values.Add(ConstantOnly());
            }
            while (scanner.TrySign(","));
            scanner.Expect("]", "to close the list");
        }

        return values.ToImmutable();
    }

    private QueryConstant.Object Object()
    {
        scanner.Expect("{", "here");
        var members = ImmutableArray.CreateBuilder<KeyValuePair<string, QueryConstant>>();
        if (!scanner.TrySign("}"))
        {
            do
            {
                var name = scanner.Peek() is '\'' or '"' ? scanner.String() : scanner.Name("The name of a member");
                scanner.Expect(":", "after the name of a member");
                members.Add(new(name, ConstantOnly()));
            }
            while (scanner.TrySign(","));
            scanner.Expect("}", "to close the object");
        }

        return new QueryConstant.Object(members.ToImmutable());
    }
}
