using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Muster.Query;
using Muster.Telemetry;
using Xunit;

namespace Muster.Routing;

/// <summary>Random conditions mean what a page of C# over plain objects says they mean.</summary>
public sealed class RouteConditionLaws
{
    /// <summary>A condition's text, and its value by the language's rules, where <see cref="Undefined"/> stands for nothing.</summary>
    private sealed record Term(string Text, object? Value);

    private static readonly object Undefined = new();

    private static readonly RouteMessage Message = new(
        [new EventProperty("p", "a"), new EventProperty("n", "12"), new EventProperty("bare", null)],
        [new("content-type", "application/json"), new("content-encoding", "utf-8"), new("message-id", "id1")],
        """{"x":3,"t":true,"s":"abc","z":null,"o":{"y":-1.5},"l":[1,"b"]}"""u8.ToArray(),
        JsonElement.Parse("""{"tags":{"k":"abc","v":2}}"""u8));

    private static readonly Gen<Term> Leaf = Pick.Of<Term>(
        new("1", 1.0), new("2.5", 2.5), new("0", 0.0), new("'a'", "a"), new("\"abc\"", "abc"), new("true", true), new("false", false), new("null", null),
        new("undefined", Undefined), new("p", "a"), new("P", "a"), new("n", "12"), new("bare", null), new("missing", Undefined), new("$messageId", "id1"),
        new("$body.x", 3.0), new("$body.t", true), new("$body.s", "abc"), new("$body.z", null), new("$body.o.y", -1.5), new("$body.l[1]", "b"),
        new("$body.l[9]", Undefined), new("$body.x.y", Undefined), new("$twin.tags.k", "abc"), new("$twin.tags.v", 2.0), new("$twin.tags.none", Undefined));

    [Fact]
    public void A_condition_means_what_the_language_says() => Terms(4).Sample(
        term =>
        {
            var actual = RouteCondition.Parse(term.Text).Evaluate(Message);

            Assert.True(Plain(actual) is var value && Equals(value, term.Value), $"{term.Text} is {value}, not {term.Value}");
            Assert.Equal(term.Value is true, RouteCondition.Parse(term.Text).Holds(Message));
        },
        iter: 20_000);

    [Fact]
    public void Any_text_is_a_condition_or_is_refused_within_its_bounds() =>
        Gen.Select(Gen.String[Gen.Char["abp$'\"()[]|<>=!+-*/%.,0123456789 \\_ue\u00e4\ud83d"], 0, 60], Terms(2)).Sample(
            (noise, term) =>
            {
                foreach (var text in (string[])[noise, term.Text + noise, noise + term.Text, term.Text[..(term.Text.Length / 2)]])
                {
                    try
                    {
                        RouteCondition.Parse(text).Holds(Message);
                    }
                    catch (QueryException refused)
                    {
                        Assert.InRange(refused.Position, 0, text.Length);
                    }
                }
            },
            iter: 20_000);

    private static Gen<Term> Terms(int depth) => depth == 0 ? Leaf : Pick.From(Leaf, Binary(Terms(depth - 1)), Unary(Terms(depth - 1)), Calls(Terms(depth - 1)));

    private static Gen<Term> Binary(Gen<Term> inner) =>
        Gen.Select(Pick.Of("AND", "or", "=", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"), inner, inner, static (sign, left, right) =>
            new Term($"({left.Text}) {sign} ({right.Text})", Apply(sign.ToUpperInvariant(), left.Value, right.Value)));

    private static Gen<Term> Unary(Gen<Term> inner) => Gen.Select(Pick.Of("NOT", "-", "+"), inner, static (sign, operand) => new Term($"{sign} ({operand.Text})", sign switch
    {
        "NOT" => operand.Value is bool truth ? !truth : Undefined,
        "-" => operand.Value is double number ? -number : Undefined,
        _ => operand.Value,
    }));

    private static Gen<Term> Calls(Gen<Term> inner) =>
        Gen.Select(Pick.Of("is_defined", "is_null", "is_string", "IS_NUMBER", "isBool", "abs", "floor", "length", "upper", "as_number", "starts_with", "contains", "index_of"),
            inner, inner, static (name, first, second) => name is "starts_with" or "contains" or "index_of"
                ? new Term($"{name}({first.Text}, {second.Text})", first.Value is string text && second.Value is string part ? Apply(name, text, part) : Undefined)
                : new Term($"{name}({first.Text})", Apply(name, first.Value)));

    private static object? Apply(string name, string text, string part) => name switch
    {
        "starts_with" => text.StartsWith(part, StringComparison.Ordinal),
        "contains" => text.Contains(part, StringComparison.Ordinal),
        _ => (double)text.IndexOf(part, StringComparison.Ordinal),
    };

    private static object? Apply(string name, object? value) => name switch
    {
        "is_defined" => value != Undefined,
        "is_null" => value is null,
        "is_string" => value is string,
        "IS_NUMBER" => value is double,
        "isBool" => value is bool,
        "abs" => value is double number ? Math.Abs(number) : Undefined,
        "floor" => value is double number ? Math.Floor(number) : Undefined,
        "length" => value is string text ? (double)text.Length : Undefined,
        "upper" => value is string text ? text.ToUpperInvariant() : Undefined,
        _ => value is double ? value : value is string text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : Undefined,
    };

    private static object? Apply(string sign, object? left, object? right) => sign switch
    {
        "AND" => left is false || right is false ? false : left is true && right is true ? true : Undefined,
        "OR" => left is true || right is true ? true : left is false && right is false ? false : Undefined,
        "||" => left is string a && right is string b ? a + b : Undefined,
        "+" or "-" or "*" or "/" or "%" => left is double a && right is double b ? Number(sign, a, b) : Undefined,
        _ => (left, right) switch
        {
            (double a, double b) => Holds(sign, a.CompareTo(b)),
            (string a, string b) => Holds(sign, Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))),
            (bool a, bool b) => Holds(sign, a.CompareTo(b)),
            (null, null) => Holds(sign, 0),
            _ => Undefined,
        },
    };

    private static object Number(string sign, double a, double b)
    {
        var result = sign switch { "+" => a + b, "-" => a - b, "*" => a * b, "/" => a / b, _ => a % b };
        return double.IsFinite(result) ? result : Undefined;
    }

    private static bool Holds(string sign, int order) => sign switch
    {
        "=" => order == 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        ">=" => order >= 0,
        _ => order != 0,
    };

    private static object? Plain(RouteValue value) => value.Kind switch
    {
        RouteValueKind.Null => null,
        RouteValueKind.Boolean => value.Truth,
        RouteValueKind.Number => value.Number,
        RouteValueKind.Text => value.Text,
        _ => Undefined,
    };
}
