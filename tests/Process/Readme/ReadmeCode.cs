using Muster.Hosting;

namespace Muster.Readme;

/// <summary>The README's code blocks: what is printed there is what the tests run.</summary>
internal static class ReadmeCode
{
    /// <summary>The fenced block behind <c>&lt;!-- marker --&gt;</c>.</summary>
    internal static string Block(string marker)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "README.md")).SkipWhile(line => line != $"<!-- {marker} -->").Skip(1);
        return string.Join('\n', lines.SkipWhile(line => !line.StartsWith("```", StringComparison.Ordinal)).Skip(1).TakeWhile(line => line != "```")) + "\n";
    }
}
