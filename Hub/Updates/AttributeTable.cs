using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Muster.Updates;

/// <summary>
/// Which of an agent's attributes say what of <c>deviceInformation</c>: <c>fact=attribute|attribute;fact=…</c>, where the attribute that comes first wins.
/// Names of attributes are compared without regard to case.
/// </summary>
internal sealed class AttributeTable
{
    private static readonly string[] Facts = ["manufacturer", "model", "hwRevision", "swVersion"];
    private readonly FrozenDictionary<string, string[]> attributes;

    private AttributeTable(Dictionary<string, string[]> attributes) => this.attributes = attributes.ToFrozenDictionary(StringComparer.Ordinal);

    internal static AttributeTable Parse(string text) =>
        TryParse(text, out var table, out var problem) ? table : throw new FormatException(problem);

    internal static bool TryParse(string text, [NotNullWhen(true)] out AttributeTable? table, [NotNullWhen(false)] out string? problem)
    {
        const StringSplitOptions Tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        (table, problem) = (null, null);
        var found = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var row in text.Split(';', Tidy))
        {
            var sides = row.Split('=', 2, StringSplitOptions.TrimEntries);
            var names = sides is [_, var list] ? list.Split('|', Tidy) : [];
            if (names.Length == 0 || !Array.Exists(Facts, fact => fact == sides[0]) || !found.TryAdd(sides[0], names))
            {
                problem = $"'{row}' does not read fact=attribute|attribute, once each for {string.Join(", ", Facts)}.";
                return false;
            }
        }

        table = new AttributeTable(found);
        return true;
    }

    /// <summary>What the attributes say: facts that none of them tells are not in it.</summary>
    internal Dictionary<string, string> Read(IReadOnlyDictionary<string, string> said)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (fact, names) in attributes)
        {
            foreach (var name in names)
            {
                if (said.FirstOrDefault(one => one.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value is { Length: > 0 } value)
                {
                    facts[fact] = value;
                    break;
                }
            }
        }

        return facts;
    }

    /// <summary>The facts that can be told at all.</summary>
    internal IEnumerable<string> Told => attributes.Keys;
}
