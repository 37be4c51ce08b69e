using System.Globalization;

namespace Muster.Routing;

/// <summary>A function of the condition language.</summary>
/// <param name="Name">As IoT Hub writes it; read without regard to case and underscores.</param>
/// <param name="Least">How many arguments it takes at least.</param>
/// <param name="Most">How many it takes at most.</param>
/// <param name="Apply">Undefined unless the arguments are of the right types.</param>
internal sealed record RouteFunction(string Name, int Least, int Most, Func<RouteValue[], RouteValue> Apply)
{
    /// <summary>A text longer than this, in UTF-16 units, is not made: the result is undefined.</summary>
    internal const int MaxTextLength = 1 << 18;

    private const int MaxArguments = 32;

    private static readonly RouteFunction[] All =
    [
        Of("abs", Math.Abs), Of("exp", Math.Exp), Of("square", static x => x * x), Of("sqrt", Math.Sqrt),
        Of("ceiling", Math.Ceiling), Of("floor", Math.Floor), Of("sign", static x => Math.Sign(x)),
        new("power", 2, 2, static args => args is [{ Number: { } x }, { Number: { } y }] ? RouteValue.Of(Math.Pow(x, y)) : default),
        new("as_number", 1, 1, static args => AsNumber(args[0])),
        Test("is_array", static value => value.Kind == RouteValueKind.Array), Test("is_bool", static value => value.Kind == RouteValueKind.Boolean),
        Test("is_defined", static value => value.IsDefined), Test("is_null", static value => value.Kind == RouteValueKind.Null),
        Test("is_number", static value => value.Kind == RouteValueKind.Number), Test("is_object", static value => value.Kind == RouteValueKind.Object),
        Test("is_primitive", static value => value.IsPrimitive), Test("is_string", static value => value.Kind == RouteValueKind.Text),
        new("concat", 2, MaxArguments, Concat),
        new("length", 1, 1, static args => args[0].Text is { } text ? RouteValue.Of(text.Length) : default),
        new("lower", 1, 1, static args => RouteValue.Of(args[0].Text?.ToLowerInvariant())),
        new("upper", 1, 1, static args => RouteValue.Of(args[0].Text?.ToUpperInvariant())),
        new("substring", 2, 3, Substring),
        new("index_of", 2, 2, static args => args is [{ Text: { } text }, { Text: { } part }] ? RouteValue.Of(text.IndexOf(part, StringComparison.Ordinal)) : default),
        Test("starts_with", static (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
        Test("ends_with", static (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
        Test("contains", static (text, part) => text.Contains(part, StringComparison.Ordinal)),
    ];

    private static readonly Dictionary<string, RouteFunction> ByName =
        All.ToDictionary(static function => Plain(function.Name), StringComparer.OrdinalIgnoreCase);

    /// <summary>All names, for people.</summary>
    internal static string Names { get; } = string.Join(", ", All.Select(static function => function.Name));

    /// <summary>Null if there is none of that name.</summary>
    internal static RouteFunction? Find(string name) => ByName.GetValueOrDefault(Plain(name));

    /// <summary>Undefined unless both are text.</summary>
    internal static RouteValue Concat(RouteValue left, RouteValue right) => Concat([left, right]);

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal);

    private static RouteFunction Of(string name, Func<double, double> apply) =>
        new(name, 1, 1, args => args[0].Number is { } number ? RouteValue.Of(apply(number)) : default);

    private static RouteFunction Test(string name, Func<RouteValue, bool> test) => new(name, 1, 1, args => RouteValue.Of(test(args[0])));

    private static RouteFunction Test(string name, Func<string, string, bool> test) =>
        new(name, 2, 2, args => args is [{ Text: { } text }, { Text: { } part }] ? RouteValue.Of(test(text, part)) : default);

    private static RouteValue AsNumber(RouteValue value) => value switch
    {
        { Number: not null } => value,
        { Text: { } text } when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => RouteValue.Of(number),
        _ => default,
    };

    private static RouteValue Concat(RouteValue[] args)
    {
        var length = 0L;
        foreach (var argument in args)
        {
            length += argument.Text?.Length ?? long.MaxValue / MaxArguments;
        }

        return length <= MaxTextLength ? RouteValue.Of(string.Concat(args.Select(static argument => argument.Text))) : default;
    }

    // From a start that counts from 0, to the end where no length is given; what lies outside of the text is not there.
    private static RouteValue Substring(RouteValue[] args)
    {
        if (args[0].Text is not { } text || args[1].Number is not (>= 0 and var first) || Math.Floor(first) != first)
        {
            return default;
        }

        var start = (int)Math.Min(first, text.Length);
        return args.Length == 2
            ? RouteValue.Of(text[start..])
            : args[2].Number is >= 0 and var count && Math.Floor(count) == count
                ? RouteValue.Of(text.Substring(start, (int)Math.Min(count, text.Length - start)))
                : default;
    }
}
