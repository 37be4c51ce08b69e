using System.Text.RegularExpressions;
using Xunit;

namespace Muster.Hosting;

public sealed partial class SettingsPageTests
{
    [Fact]
    public void The_page_of_settings_lists_those_that_there_are_and_no_others()
    {
        var listed = Row().Matches(File.ReadAllText(Path.Combine(ArchitectureTests.Root(), "docs", "settings.md"))).Select(match => match.Groups[1].Value);

        Assert.Equal(KnownSettings.Keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("^\\| `([^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
