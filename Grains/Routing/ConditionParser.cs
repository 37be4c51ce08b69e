using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Routing;

/// <summary>Recursive descent over IoT Hub's routing conditions ("IoT Hub message routing query syntax").</summary>
internal sealed class ConditionParser
{
    /// <summary>How many characters a condition may have.</summary>
    public const int MaxLength = 8192;

    /// <summary>How deep brackets, calls, NOT, signs and chained operators may nest.</summary>
    public const int MaxDepth = 64;

    /// <summary>How many operators, values and calls a condition may have.</summary>
    public const int MaxNodes = 1000;

    private static readonly ImmutableArray<(string Sign, ComparisonOperator Operator)> Comparisons =
    [
        ("<=", ComparisonOperator.LessOrEqual), (">=", ComparisonOperator.GreaterOrEqual), ("<>", ComparisonOperator.NotEqual),
        ("!=", ComparisonOperator.NotEqual), ("=", ComparisonOperator.Equal), ("<", ComparisonOperator.Less), (">", ComparisonOperator.Greater),
    ];

    private static readonly ImmutableArray<(string Sign, Join Join)> Additions =
    [
        ("+", Of(ArithmeticOperator.Add)), ("-", Of(ArithmeticOperator.Subtract)),
        ("||", static (left, right) => new RouteExpression.Concatenate(left, right)),
    ];

    private static readonly ImmutableArray<(string Sign, Join Join)> Multiplications =
        [("*", Of(ArithmeticOperator.Multiply)), ("/", Of(ArithmeticOperator.Divide)), ("%", Of(ArithmeticOperator.Remainder))];

    private readonly QueryScanner scanner;
    private int depth;
    private int nodes;

    private ConditionParser(string text) => scanner = new QueryScanner(text);

    private delegate RouteExpression Join(RouteExpression left, RouteExpression right);

    /// <exception cref="QueryException">It is not a condition; says where and why.</exception>
    internal static RouteExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            throw new QueryException($"A condition has at most {MaxLength} characters; this one has {text.Length}.", MaxLength);
        }

        if (LoneSurrogate(text) is { } half)
        {
            throw new QueryException("Half of a surrogate pair is not a character.", half);
        }

        var parser = new ConditionParser(text);
        var condition = parser.Or();
        return parser.scanner.AtEnd ? condition : throw parser.scanner.Error($"The end is expected, not {parser.scanner.Found()}.");
    }

    // Names go into documents that are UTF-8, where such a half cannot be.
    private static int? LoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return i;
            }
        }

        return null;
    }

    private static Join Of(ArithmeticOperator arithmetic) => (left, right) => new RouteExpression.Arithmetic(arithmetic, left, right);

    private RouteExpression Or() => List("OR", And, static operands => new RouteExpression.Or(operands));

    private RouteExpression And() => List("AND", Not, static operands => new RouteExpression.And(operands));

    private RouteExpression List(string keyword, Func<RouteExpression> operand, Func<ImmutableArray<RouteExpression>, RouteExpression> join)
    {
        var first = operand();
        if (!scanner.IsWord(keyword))
        {
            return first;
        }

        var operands = ImmutableArray.CreateBuilder<RouteExpression>();
        operands.Add(first);
        while (scanner.TryKeyword(keyword))
        {
            operands.Add(operand());
        }

        return Counted(join(operands.ToImmutable()));
    }

    private RouteExpression Not() => scanner.TryKeyword("NOT") ? Counted(new RouteExpression.Not(Deeper(Not))) : Comparison();

    private RouteExpression Comparison()
    {
        var left = Chain(Additions, Multiplicative);
        foreach (var (sign, comparison) in Comparisons)
        {
            if (scanner.TrySign(sign))
            {
                return Counted(new RouteExpression.Compare(comparison, left, Chain(Additions, Multiplicative)));
            }
        }

        return left;
    }

    private RouteExpression Multiplicative() => Chain(Multiplications, Unary);

    // A chain is a tree that leans to the left: each of its operators is one level.
    private RouteExpression Chain(ImmutableArray<(string Sign, Join Join)> operators, Func<RouteExpression> operand)
    {
        var outside = depth;
        var left = operand();
        while (operators.FirstOrDefault(entry => scanner.TrySign(entry.Sign)).Join is { } join)
        {
            Descend();
            left = Counted(join(left, operand()));
        }

        depth = outside;
        return left;
    }

    private RouteExpression Unary() =>
        scanner.TrySign("+") ? Deeper(Unary)
        : scanner.TrySign("-") ? Counted(new RouteExpression.Negate(Deeper(Unary)))
        : Counted(Primary());

    private RouteExpression Primary()
    {
        if (scanner.TrySign("("))
        {
            var inner = Deeper(Or);
            scanner.Expect(")", "to close the bracket");
            return inner;
        }

        return TryConstant() is { } constant ? new RouteExpression.Constant(constant) : Named();
    }

    private RouteValue? TryConstant()
    {
        var first = scanner.Peek();
        return char.IsAsciiDigit(first) || first == '.' ? RouteValue.Of(scanner.Number())
            : first is '\'' or '"' ? RouteValue.Of(scanner.String())
            : scanner.TryKeyword("true") ? RouteValue.Of(true)
            : scanner.TryKeyword("false") ? RouteValue.Of(false)
            : scanner.TryKeyword("null") ? RouteValue.Null
            : scanner.TryKeyword("undefined") ? RouteValue.Undefined
            : null;
    }

    private RouteExpression Named()
    {
        var word = scanner.PeekWord().ToString();
        if (word.Length > 0 && scanner.IsCall(word))
        {
            return Call(word);
        }

        if (word.StartsWith('$'))
        {
            return System(word);
        }

        if (word.Length == 0 && scanner.Peek() != '[')
        {
            throw scanner.Error($"A property, value or function is expected, not {scanner.Found()}.");
        }

        var position = scanner.Position;
        var name = scanner.Name("The name of a property");
        return scanner.Peek() == '.' || scanner.Peek() == '['
            ? throw new QueryException($"'{name}' is a property of the message, and those have no parts. What is in the body begins with $body.", position)
            : new RouteExpression.Property(name);
    }

    private RouteExpression.Call Call(string word)
    {
        var function = RouteFunction.Find(word) ?? throw scanner.Error($"There is no function '{word}'. There are {RouteFunction.Names}.");
        scanner.Peek();
        var position = scanner.Position;
        scanner.TryKeyword(word);
        scanner.Expect("(", $"after {word}");
        var arguments = ImmutableArray.CreateBuilder<RouteExpression>();
        if (!scanner.TrySign(")"))
        {
            do
            {
                arguments.Add(Deeper(Or));
            }
            while (scanner.TrySign(","));
            scanner.Expect(")", $"after the arguments of {word}");
        }

        return arguments.Count >= function.Least && arguments.Count <= function.Most
            ? new RouteExpression.Call(function, arguments.ToImmutable())
            : throw new QueryException($"{function.Name} takes {Arguments(function)}, not {arguments.Count}.", position);
    }

    private static string Arguments(RouteFunction function) =>
        function.Least == function.Most ? $"{function.Least} argument{(function.Least == 1 ? "" : "s")}" : $"{function.Least} to {function.Most} arguments";

    private RouteExpression System(string word)
    {
        var position = scanner.Position;
        scanner.TryKeyword(word);
        if (word.Equals("$body", StringComparison.OrdinalIgnoreCase))
        {
            return new RouteExpression.Place(RouteDocument.Body, Steps());
        }

        if (word.Equals("$twin", StringComparison.OrdinalIgnoreCase))
        {
            return new RouteExpression.Place(RouteDocument.Twin, TwinSteps(position));
        }

        // The two names that have a dash in them: elsewhere a dash is a minus.
        var name = word.Equals("$dt", StringComparison.OrdinalIgnoreCase) && scanner.TrySign("-") ? $"$dt-{scanner.Name("The name of a property")}" : word;
        return SystemNames.Find(name) is { } known
            ? new RouteExpression.SystemProperty(known)
            : throw new QueryException($"There is no '{name}'. There are $body, $twin, {SystemNames.List}.", position);
    }

    private ImmutableArray<PathStep> TwinSteps(int position)
    {
        var steps = Steps();
        return steps is [{ Name: "tags" or "properties" }, ..] ? steps : throw new QueryException("$twin is followed by .tags or .properties.", position);
    }

    private ImmutableArray<PathStep> Steps()
    {
        var steps = ImmutableArray.CreateBuilder<PathStep>();
        while (true)
        {
            if (scanner.TrySign("."))
            {
                steps.Add(new PathStep(scanner.Name("The name of a property"), 0));
            }
            else if (scanner.TrySign("["))
            {
                steps.Add(new PathStep(null, Index()));
                scanner.Expect("]", "after the index");
            }
            else
            {
                return steps.ToImmutable();
            }
        }
    }

    private int Index()
    {
        var number = char.IsAsciiDigit(scanner.Peek()) ? scanner.Number() : throw scanner.Error($"An index is expected, not {scanner.Found()}.");
        return number <= int.MaxValue && Math.Floor(number) == number ? (int)number : throw scanner.Error("An index is a whole number from 0 on.");
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
            throw scanner.Error($"The condition nests deeper than {MaxDepth} levels.");
        }
    }

    private RouteExpression Counted(RouteExpression node) =>
        ++nodes <= MaxNodes ? node : throw scanner.Error($"The condition has more than {MaxNodes} parts.");
}

/// <summary>System properties by their names in the condition language, read without regard to case.</summary>
internal static class SystemNames
{
    private static readonly Dictionary<string, string> Stored = new(StringComparer.OrdinalIgnoreCase)
    {
        ["$messageId"] = "message-id",
        ["$correlationId"] = "correlation-id",
        ["$userId"] = "user-id",
        ["$to"] = "to",
        ["$absoluteExpiryTime"] = "absolute-expiry-time",
        ["$contentType"] = "content-type",
        ["$contentEncoding"] = "content-encoding",
        ["$connectionDeviceId"] = "iothub-connection-device-id",
        ["$connectionModuleId"] = "iothub-connection-module-id",
        ["$enqueuedTime"] = "iothub-enqueuedtime",
        ["$messageSource"] = RouteMessage.SourceProperty,
        ["$interfaceId"] = "iothub-interface-id",
        ["$outputName"] = "iothub-outputname",
        ["$dt-subject"] = "dt-subject",
        ["$dt-dataschema"] = "dt-dataschema",
    };

    /// <summary>All names, for people.</summary>
    internal static string List { get; } = string.Join(", ", Stored.Keys);

    /// <summary>The name on the Event Hubs-compatible endpoint; null if there is no such system property.</summary>
    internal static string? Find(string name) => Stored.GetValueOrDefault(name);
}
