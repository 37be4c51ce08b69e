using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>Which rows of the tag index a path takes; the index is called <c>t</c>.</summary>
internal static class TagCondition
{
    public static string Compile(AccessPath.ByTag tag, SqlParameters parameters)
    {
        var path = parameters.Add(string.Join(Schema.TagPathSeparator, tag.Segments));
        return string.Join(" OR ", tag.Values.GroupBy(Kind).Select(kind => $"(t.path={path} AND t.kind={(int)kind.Key} AND {OneOf(kind, parameters)})"));
    }

    private static TagKind Kind(QueryConstant value) => value switch
    {
        QueryConstant.Text => TagKind.Text,
        QueryConstant.Number => TagKind.Number,
        _ => TagKind.Boolean,
    };

    private static string OneOf(IEnumerable<QueryConstant> values, SqlParameters parameters)
    {
        var list = values.Select(value => Parameter(value, parameters)).ToList();
        return list.Count == 1 ? $"t.value={list[0]}" : $"t.value IN ({string.Join(',', list)})";
    }

    private static string Parameter(QueryConstant value, SqlParameters parameters) => value switch
    {
        QueryConstant.Text text => parameters.Add(text.Value),
        QueryConstant.Number number => SqliteDialect.Number(parameters, number.Value),
        QueryConstant.Boolean boolean => parameters.Add(boolean.Value ? 1L : 0L),
        _ => throw new NotSupportedException(value.GetType().Name),
    };
}
