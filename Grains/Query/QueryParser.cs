using System.Collections.Immutable;
using System.Globalization;

namespace Muster.Query;

/// <summary>
/// Recursive descent over IoT Hub's query language ("IoT Hub query language for device and module twins, jobs, and message routing").
/// Clauses are here, conditions in the other half.
/// </summary>
internal sealed partial class QueryParser
{
    /// <summary>How deep brackets, NOT, signs and chained arithmetic may nest.</summary>
    public const int MaxDepth = 64;

    private static readonly Dictionary<string, AggregateFunction> Aggregates = new(StringComparer.OrdinalIgnoreCase)
    {
        ["COUNT"] = AggregateFunction.Count,
        ["AVG"] = AggregateFunction.Average,
        ["SUM"] = AggregateFunction.Sum,
        ["MIN"] = AggregateFunction.Minimum,
        ["MAX"] = AggregateFunction.Maximum,
    };

    private readonly string text;
    private readonly QueryScanner scanner;
    private QuerySource source;
    private int depth;

    public QueryParser(string text)
    {
        this.text = text ?? throw new QueryException("There is no query.", -1);
        scanner = new QueryScanner(text);
        if (text.Length > TwinQuery.MaxLength)
        {
            throw new QueryException($"A query has at most {TwinQuery.MaxLength} characters; this one has {text.Length}.", TwinQuery.MaxLength);
        }
    }

    public TwinQuery ParseQuery()
    {
        Keyword("SELECT", "at the start");
        var top = scanner.TryKeyword("TOP") ? Top() : (int?)null;
        var list = scanner.Peek() == '*' ? StarAlone() : Items();
        Keyword("FROM", "after the list");
        source = Source();
        if (source == QuerySource.Jobs && !list.IsEmpty)
        {
            throw new QueryException("From devices.jobs only '*' can be selected.", list[0].Position);
        }

        var where = scanner.TryKeyword("WHERE") ? Or() : null;
        var groupBy = scanner.PeekWord().Equals("GROUP", StringComparison.OrdinalIgnoreCase) ? GroupBy(list) : [];
        End();
        CheckGroups(list, groupBy);
        return new TwinQuery { Text = text, Source = source, Top = top, Items = Named(list), Where = where, GroupBy = groupBy };
    }

    public QueryExpression ParseCondition()
    {
        var condition = Or();
        End();
        return condition;
    }

    private void Keyword(string keyword, string where)
    {
        if (!scanner.TryKeyword(keyword))
        {
            throw scanner.Error($"{keyword} is expected {where}, not {scanner.Found()}.");
        }
    }

    private int Top()
    {
        scanner.Peek();
        var position = scanner.Position;
        var negative = scanner.TrySign("-");
        var number = char.IsAsciiDigit(scanner.Peek()) ? scanner.Number() : throw scanner.Error("TOP is followed by a number.");
        return !negative && number is >= 1 and <= int.MaxValue && Math.Floor(number) == number
            ? (int)number
            : throw new QueryException($"TOP is followed by a whole number from 1 to {int.MaxValue}.", position);
    }

    private ImmutableArray<ListEntry> StarAlone()
    {
        scanner.Expect("*", "here");
        return scanner.Peek() == ',' ? throw scanner.Error("'*' stands alone in the list.") : [];
    }

    private ImmutableArray<ListEntry> Items()
    {
        var list = ImmutableArray.CreateBuilder<ListEntry>();
        do
        {
            list.Add(Item());
        }
        while (scanner.TrySign(","));
        return list.ToImmutable();
    }

    private ListEntry Item()
    {
        scanner.Peek();
        var position = scanner.Position;
        var word = scanner.PeekWord().ToString();
        if (word.Length > 0 && Aggregates.TryGetValue(word, out var function) && scanner.IsCall(word))
        {
            var argument = Argument(word, function);
            return new ListEntry(position, function, argument, Alias());
        }

        return scanner.Peek() == '*' ? throw scanner.Error("'*' stands alone in the list.") : new ListEntry(position, null, Path(), Alias());
    }

    private QueryPath? Argument(string word, AggregateFunction function)
    {
        scanner.TryKeyword(word);
        scanner.Expect("(", $"after {word}");
        var nested = scanner.PeekWord().ToString();
        if (nested.Length > 0 && Aggregates.ContainsKey(nested) && scanner.IsCall(nested))
        {
            throw scanner.Error("Aggregates cannot be nested.");
        }

        if (function == AggregateFunction.Count)
        {
            scanner.Expect(")", "since COUNT takes no argument");
            return null;
        }

        var argument = Path();
        scanner.Expect(")", $"after the argument of {word}");
        return argument;
    }

    private string? Alias() => scanner.TryKeyword("AS") ? scanner.Name("A name after AS") : null;

    private QuerySource Source()
    {
        scanner.Peek();
        var position = scanner.Position;
        var name = scanner.Name("devices, devices.modules or devices.jobs");
        if (scanner.TrySign("."))
        {
            name += "." + scanner.Name("modules or jobs");
        }

        return name.ToUpperInvariant() switch
        {
            "DEVICES" => QuerySource.Devices,
            "DEVICES.MODULES" => QuerySource.Modules,
            "DEVICES.JOBS" => QuerySource.Jobs,
            _ => throw new QueryException("What can be queried is devices, devices.modules and devices.jobs.", position),
        };
    }

    private ImmutableArray<QueryPath> GroupBy(ImmutableArray<ListEntry> list)
    {
        if (list.IsEmpty)
        {
            throw scanner.Error("GROUP BY needs a list of paths and aggregates in SELECT, not '*'.");
        }

        scanner.TryKeyword("GROUP");
        Keyword("BY", "after GROUP");
        var paths = ImmutableArray.CreateBuilder<QueryPath>();
        do
        {
            paths.Add(Path());
        }
        while (scanner.TrySign(","));
        return paths.ToImmutable();
    }

    private static void CheckGroups(ImmutableArray<ListEntry> list, ImmutableArray<QueryPath> groupBy)
    {
        if (groupBy.IsEmpty && !list.Any(entry => entry.Function is not null))
        {
            return;
        }

        foreach (var entry in list)
        {
            if (entry.Function is null && !groupBy.Any(entry.Path!.IsSamePlace))
            {
                throw new QueryException($"Beside aggregates, {entry.Path} can be selected only if GROUP BY names it.", entry.Position);
            }
        }
    }

    private static ImmutableArray<SelectItem> Named(ImmutableArray<ListEntry> list)
    {
        var items = ImmutableArray.CreateBuilder<SelectItem>(list.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var unnamed = 0;
        foreach (var (position, function, path, alias) in list)
        {
            var name = alias ?? (function is null ? path!.LastName : $"${(++unnamed).ToString(CultureInfo.InvariantCulture)}");
            items.Add(function is { } made
                ? new SelectItem.Aggregate(made, path) { Name = name }
                : new SelectItem.Value(path!) { Name = name });
            if (!names.Add(name))
            {
                throw new QueryException($"Two values are called '{name}': give one another name with AS.", position);
            }
        }

        return items.ToImmutable();
    }

    private void End()
    {
        if (!scanner.AtEnd)
        {
            throw scanner.Error($"The query should end here, or go on with an operator, WHERE or GROUP BY; there is {scanner.Found()}.");
        }
    }

    private sealed record ListEntry(int Position, AggregateFunction? Function, QueryPath? Path, string? Alias);
}
