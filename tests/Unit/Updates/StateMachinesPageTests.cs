using System.Text.RegularExpressions;
using Xunit;

namespace Muster.Updates;

/// <summary>What <c>docs/state-machines.md</c> draws is what the machines have.</summary>
public sealed partial class StateMachinesPageTests
{
    [Fact]
    public void The_page_has_every_move_of_a_device_update_and_no_other() =>
        Assert.Equal(UpdateTable.Rows.Select(static row => $"{row.From} → {row.To} by {row.By}"), Moves("## A device's update"));

    /// <summary>The first table of a section.</summary>
    private static IEnumerable<string> Moves(string section)
    {
        var text = File.ReadAllText(Path.Combine(ArchitectureTests.Root(), "docs", "state-machines.md"));
        var part = text[text.IndexOf(section, StringComparison.Ordinal)..];
        var table = part[part.IndexOf("| from | to | who |", StringComparison.Ordinal)..];
        return table[..table.IndexOf("\n\n", StringComparison.Ordinal)].Split('\n').Skip(2)
            .Select(static line => Row().Match(line).Groups).Select(static row => $"{row[1]} → {row[2]} by {row[3]}");
    }

    [GeneratedRegex(@"^\| (\w+) \| (\w+) \| (\w+) \|$")]
    private static partial Regex Row();
}
