using System.Collections.Immutable;
using Muster.Query;

namespace Muster.Storage.Query;

/// <summary>
/// How the rows are reached that may fulfil a condition. It only narrows: the whole condition is still asked of every row.
/// </summary>
internal abstract record AccessPath
{
    private AccessPath() { }

    /// <summary>Every row, in the order of registration.</summary>
    public sealed record Scan : AccessPath;

    /// <summary>Rows of these device ids.</summary>
    public sealed record ByDeviceId(ImmutableArray<string> DeviceIds) : AccessPath;

    /// <summary>Rows with one of these values at a place in their tags.</summary>
    public sealed record ByTag(ImmutableArray<string> Segments, ImmutableArray<QueryConstant> Values) : AccessPath;

    /// <summary>The paths that a condition's conjuncts offer; each of them reaches every row that fulfils the condition.</summary>
    public static List<AccessPath> Offers(QueryExpression? condition)
    {
        var conjuncts = condition is QueryExpression.And and ? and.Operands : condition is null ? [] : [condition];
        return [.. conjuncts.Select(Offered).Where(path => path is not Scan)];
    }

    private static AccessPath Offered(QueryExpression conjunct) => conjunct switch
    {
        QueryExpression.Compare { Operator: ComparisonOperator.Equal, Left: QueryExpression.Place left, Right: QueryExpression.Constant right } =>
            Offered(left.Path, [right.Value]),
        QueryExpression.Compare { Operator: ComparisonOperator.Equal, Left: QueryExpression.Constant left, Right: QueryExpression.Place right } =>
            Offered(right.Path, [left.Value]),
        QueryExpression.In { Negated: false, Operand: QueryExpression.Place place } inside => Offered(place.Path, inside.Values),
        _ => new Scan(),
    };

    private static AccessPath Offered(QueryPath place, ImmutableArray<QueryConstant> values)
    {
        if (place.Root == QueryRoot.DeviceId)
        {
            return new ByDeviceId([.. values.OfType<QueryConstant.Text>().Select(text => text.Value).Distinct(StringComparer.Ordinal)]);
        }

        if (values.All(value => value is QueryConstant.Undefined))
        {
            return new ByDeviceId([]);
        }

        var tags = values.Where(value => value is not QueryConstant.Undefined).Distinct().ToImmutableArray();
        return place is { Root: QueryRoot.Tags, Segments.IsEmpty: false } && tags.All(IsIndexed) ? new ByTag(place.Segments, tags) : new Scan();
    }

    private static bool IsIndexed(QueryConstant value) => value is QueryConstant.Text or QueryConstant.Number or QueryConstant.Boolean;
}
