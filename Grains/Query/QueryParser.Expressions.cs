using System.Collections.Immutable;

namespace Muster.Query;

internal sealed partial class QueryParser
{
    // Longer signs first: '<' begins three of them.
    private static readonly ImmutableArray<(string Sign, ComparisonOperator Operator)> Comparisons =
    [
        ("!=", ComparisonOperator.NotEqual), ("<>", ComparisonOperator.NotEqual), ("<=", ComparisonOperator.LessOrEqual),
        (">=", ComparisonOperator.GreaterOrEqual), ("=", ComparisonOperator.Equal), ("<", ComparisonOperator.Less),
        (">", ComparisonOperator.Greater),
    ];

    private static readonly ImmutableArray<(string Sign, ArithmeticOperator Operator)> Additions =
        [("+", ArithmeticOperator.Add), ("-", ArithmeticOperator.Subtract)];

    private static readonly ImmutableArray<(string Sign, ArithmeticOperator Operator)> Multiplications =
        [("*", ArithmeticOperator.Multiply), ("/", ArithmeticOperator.Divide), ("%", ArithmeticOperator.Remainder)];

    private static readonly Dictionary<string, TypeTestKind> TypeTests = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ISDEFINED"] = TypeTestKind.Defined,
        ["ISNULL"] = TypeTestKind.Null,
        ["ISSTRING"] = TypeTestKind.String,
        ["ISNUMBER"] = TypeTestKind.Number,
        ["ISBOOL"] = TypeTestKind.Boolean,
        ["ISARRAY"] = TypeTestKind.Array,
        ["ISOBJECT"] = TypeTestKind.Object,
        ["ISPRIMITIVE"] = TypeTestKind.Primitive,
    };

    private static readonly Dictionary<string, TextTestKind> TextTests = new(StringComparer.OrdinalIgnoreCase)
    {
        ["STARTSWITH"] = TextTestKind.StartsWith,
        ["ENDSWITH"] = TextTestKind.EndsWith,
        ["CONTAINS"] = TextTestKind.Contains,
    };

    private QueryExpression Or()
    {
        var first = And();
        if (!scanner.IsWord("OR"))
        {
            return first;
        }

        var operands = ImmutableArray.CreateBuilder<QueryExpression>();
        operands.Add(first);
        while (scanner.TryKeyword("OR"))
        {
            operands.Add(And());
        }

        return new QueryExpression.Or(operands.ToImmutable());
    }

    private QueryExpression And()
    {
        var first = Not();
        if (!scanner.IsWord("AND"))
        {
            return first;
        }

        var operands = ImmutableArray.CreateBuilder<QueryExpression>();
        operands.Add(first);
        while (scanner.TryKeyword("AND"))
        {
            operands.Add(Not());
        }

        return new QueryExpression.And(operands.ToImmutable());
    }

    private QueryExpression Not() =>
        scanner.TryKeyword("NOT") ? Deeper(() => new QueryExpression.Not(Not())) : Comparison();

    private QueryExpression Comparison()
    {
        var left = Additive();
        if (scanner.IsWord("IN") || scanner.IsWord("NIN"))
        {
            var negated = scanner.TryKeyword("NIN") || !scanner.TryKeyword("IN");
            return new QueryExpression.In(left, Values("after IN and NIN"), negated);
        }

        foreach (var (sign, comparison) in Comparisons)
        {
            if (scanner.TrySign(sign))
            {
                return new QueryExpression.Compare(comparison, left, Additive());
            }
        }

        return left;
    }

    private QueryExpression Additive() => Chain(Additions, Multiplicative);

    private QueryExpression Multiplicative() => Chain(Multiplications, Unary);

    // A chain is a tree that leans to the left: each of its operators is one level.
    private QueryExpression Chain(ImmutableArray<(string Sign, ArithmeticOperator Operator)> operators, Func<QueryExpression> operand)
    {
        var outside = depth;
        var left = operand();
        for (var found = true; found;)
        {
            found = false;
            foreach (var (sign, arithmetic) in operators)
            {
                if (scanner.TrySign(sign))
                {
                    Descend();
                    left = new QueryExpression.Arithmetic(arithmetic, left, operand());
                    found = true;
                    break;
                }
            }
        }

        depth = outside;
        return left;
    }

    private QueryExpression Unary()
    {
        if (scanner.TrySign("+"))
        {
            return Deeper(Unary);
        }

        if (!scanner.TrySign("-"))
        {
            return Primary();
        }

        var operand = Deeper(Unary);
        return operand is QueryExpression.Constant { Value: QueryConstant.Number number }
            ? new QueryExpression.Constant(new QueryConstant.Number(-number.Value))
            : new QueryExpression.Negate(operand);
    }

    private QueryExpression Primary()
    {
        if (scanner.TrySign("("))
        {
            var inner = Deeper(Or);
            scanner.Expect(")", "to close the bracket");
            return inner;
        }

        if (TryConstant() is { } constant)
        {
            return new QueryExpression.Constant(constant);
        }

        var word = scanner.PeekWord().ToString();
        return word.Length > 0 && scanner.IsCall(word) ? Call(word) : new QueryExpression.Place(Path());
    }

    private QueryExpression Call(string word)
    {
        var name = word.Replace("_", "", StringComparison.Ordinal);
        if (Aggregates.ContainsKey(word))
        {
            throw scanner.Error($"The aggregate {word} stands in the SELECT list only.");
        }

        var isTypeTest = TypeTests.TryGetValue(name, out var type);
        if (!TextTests.TryGetValue(name, out var test) && !isTypeTest)
        {
            throw scanner.Error($"There is no function '{word}'. There are IS_DEFINED, IS_NULL, IS_STRING, IS_NUMBER, IS_BOOL, IS_ARRAY, "
                + "IS_OBJECT, IS_PRIMITIVE, STARTSWITH, ENDSWITH and CONTAINS.");
        }

        scanner.TryKeyword(word);
        scanner.Expect("(", $"after {word}");
        var first = Deeper(Or);
        if (!isTypeTest)
        {
            scanner.Expect(",", $"in {word}, which takes two arguments");
        }

        QueryExpression call = isTypeTest ? new QueryExpression.TypeTest(type, first) : new QueryExpression.TextTest(test, first, Deeper(Or));
        scanner.Expect(")", $"after the arguments of {word}");
        return call;
    }

    private QueryPath Path()
    {
        scanner.Peek();
        var position = scanner.Position;
        SkipSource();
        var word = scanner.PeekWord().ToString();
        if (word.Length == 0)
        {
            throw scanner.Error($"A property, value or function is expected, not {scanner.Found()}.");
        }

        var root = QueryRoots.Find(word, source)
            ?? throw scanner.Error($"There is no '{word}'. A path begins with one of {QueryRoots.List(source)}.");
        scanner.TryKeyword(word);
        var segments = ImmutableArray.CreateBuilder<string>();
        while (scanner.TrySign("."))
        {
            segments.Add(scanner.Name("The name of a property"));
        }

        return PathRules.Checked(root, segments.ToImmutable(), position);
    }

    // IoT Hub's examples write devices.jobs.status where others write status.
    private void SkipSource()
    {
        if (scanner.TryKeyword("devices"))
        {
            scanner.Expect(".", "after 'devices'");
            if (scanner.TryKeyword("modules") || scanner.TryKeyword("jobs"))
            {
                scanner.Expect(".", "before the name of a property");
            }
        }
    }

    private T Deeper<T>(Func<T> parse)
    {
        Descend();
        var result = parse();
        depth--;
        return result;
    }

    private void Descend()
    {
        if (++depth > MaxDepth)
        {
            throw scanner.Error($"The query nests deeper than {MaxDepth} levels.");
        }
    }
}
