using System.Collections.Immutable;

namespace Muster.Query;

/// <summary>What may stand below a root.</summary>
internal static class PathRules
{
    private static readonly ImmutableArray<string> SystemNames = ["iotEdge", "primaryThumbprint", "secondaryThumbprint"];

    /// <summary>The path in its one spelling.</summary>
    /// <exception cref="QueryException">No twin can have such a place.</exception>
    public static QueryPath Checked(QueryRoot root, ImmutableArray<string> segments, int position)
    {
        switch (root)
        {
            case QueryRoot.Properties when !segments.IsEmpty:
                return new QueryPath(Section(segments[0], position), segments[1..], position);
            case QueryRoot.Capabilities or QueryRoot.X509Thumbprint:
                return new QueryPath(root, [.. segments.Select(Spell)], position);
            case QueryRoot.Tags or QueryRoot.Properties or QueryRoot.Configurations or QueryRoot.Outcome or QueryRoot.Error:
                return new QueryPath(root, segments, position);
            default:
                return segments.IsEmpty
                    ? new QueryPath(root, segments, position)
                    : throw new QueryException($"'{QueryRoots.NamesOf(root)[^1]}' is a plain value and has no '{segments[0]}'.", position);
        }
    }

    private static QueryRoot Section(string name, int position) =>
        name.Equals("desired", StringComparison.OrdinalIgnoreCase) ? QueryRoot.Desired
        : name.Equals("reported", StringComparison.OrdinalIgnoreCase) ? QueryRoot.Reported
        : throw new QueryException($"There is no 'properties.{name}', only properties.desired and properties.reported.", position);

    private static string Spell(string name) =>
        SystemNames.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? name;
}
