namespace Muster.Storage.Sqlite;

/// <summary>Which rows of the tag index a path takes; the index is called <c>t</c>.</summary>
internal static class TagCondition
{
    public static string Compile(AccessPath.ByTag tag, SqlParameters parameters)
    {
        var path = parameters.Add(tag.Path);
        return string.Join(" OR ", tag.Values.GroupBy(value => value.Kind).Select(kind =>
            $"(t.path={path} AND t.kind={(int)kind.Key} AND {OneOf(kind, parameters)})"));
    }

    private static string OneOf(IEnumerable<TagValue> values, SqlParameters parameters)
    {
        var list = values.Select(value => value.Text is { } text ? parameters.Add(text) : parameters.Add(value.Number)).ToList();
        return list.Count == 1 ? $"t.value={list[0]}" : $"t.value IN ({string.Join(',', list)})";
    }
}
