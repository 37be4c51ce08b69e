using System.Collections.Immutable;

namespace Muster.Query;

/// <summary>
/// A query of IoT Hub's language as a typed tree that knows nothing of the engine it will run on. Made by <see cref="Parse"/> only, so that
/// a tree is always well-formed: a compiler does not check again.
/// </summary>
public sealed record TwinQuery
{
    /// <summary>IoT Hub's bound on the text, in characters.</summary>
    public const int MaxLength = 8192;

    internal TwinQuery() { }

    /// <summary>The text as it was given; continuations are bound to it.</summary>
    public required string Text { get; init; }

    public required QuerySource Source { get; init; }

    /// <summary>The most items over all pages, at least 1; null for all.</summary>
    public int? Top { get; init; }

    /// <summary>What each item is made of, with distinct names; empty stands for <c>*</c>.</summary>
    public ImmutableArray<SelectItem> Items { get; init; } = [];

    /// <summary>The condition; null for all rows.</summary>
    public QueryExpression? Where { get; init; }

    /// <summary>Empty without GROUP BY.</summary>
    public ImmutableArray<QueryPath> GroupBy { get; init; } = [];

    public bool SelectsAll => Items.IsEmpty;

    /// <summary>True if items are made from many rows: aggregates, or a GROUP BY.</summary>
    public bool Aggregates => !GroupBy.IsEmpty || Items.Any(item => item is SelectItem.Aggregate);

    /// <summary>Reads a whole query.</summary>
    /// <exception cref="QueryException">The text is not a query of the language; nothing else is thrown for any text.</exception>
    public static TwinQuery Parse(string text) => new QueryParser(text).ParseQuery();

    /// <summary>Reads a condition alone, as <c>queryCondition</c> and <c>targetCondition</c> have it: what stands behind WHERE.</summary>
    /// <exception cref="QueryException">The text is not a condition of the language.</exception>
    public static QueryExpression ParseCondition(string text) => new QueryParser(text).ParseCondition();
}

/// <summary>What is asked.</summary>
public enum QuerySource
{
    /// <summary><c>devices</c>: twins of devices, not of modules.</summary>
    Devices,

    /// <summary><c>devices.modules</c>: twins of modules.</summary>
    Modules,

    /// <summary><c>devices.jobs</c>: what jobs did to single devices.</summary>
    Jobs,
}

/// <summary>One entry of a SELECT list.</summary>
public abstract record SelectItem
{
    private SelectItem() { }

    /// <summary>The name under which the value stands in the item.</summary>
    public required string Name { get; init; }

    /// <summary>A part of the twin; where the twin has none, the item has no such name.</summary>
    public sealed record Value(QueryPath Path) : SelectItem;

    /// <summary>A value made from all rows of the group.</summary>
    /// <param name="Function">What is made.</param>
    /// <param name="Argument">Of what; null for <see cref="AggregateFunction.Count"/> only. Rows where it is missing are not counted.</param>
    public sealed record Aggregate(AggregateFunction Function, QueryPath? Argument) : SelectItem;
}

public enum AggregateFunction
{
    Count,
    Average,
    Sum,
    Minimum,
    Maximum,
}
