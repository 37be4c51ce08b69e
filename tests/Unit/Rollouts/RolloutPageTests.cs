using Xunit;

namespace Muster.Rollouts;

/// <summary>What <c>docs/state-machines.md</c> says of rollouts is what the machines have.</summary>
public sealed class RolloutPageTests
{
    [Fact]
    public void The_page_has_every_move_of_a_rollout_and_no_other() =>
        Assert.Equal(RolloutTable.Rows.Select(static row => $"| {row.From} | {row.To} | {row.On} |"), Table("## A rollout", "| from | to | on |"));

    [Fact]
    public void The_page_has_every_move_of_a_group_and_no_other() =>
        Assert.Equal(RolloutTable.GroupRows.Select(static row => $"| {row.From} | {row.To} |"), Table("## A group of a rollout", "| from | to |"));

    private static IEnumerable<string> Table(string section, string head)
    {
        var text = File.ReadAllText(Path.Combine(ArchitectureTests.Root(), "docs", "state-machines.md"));
        var part = text[text.IndexOf(section, StringComparison.Ordinal)..];
        var table = part[part.IndexOf(head, StringComparison.Ordinal)..];
        var end = table.IndexOf("\n\n", StringComparison.Ordinal);
        return (end < 0 ? table.TrimEnd() : table[..end]).Split('\n').Skip(2);
    }
}
