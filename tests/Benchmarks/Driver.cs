using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Muster.Benchmarks;

/// <summary>Runs the figures one after another, each in its own process, prints the table and keeps it.</summary>
internal static class Driver
{
    internal static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--list"])
        {
            foreach (var figure in Figure.All) { Console.WriteLine($"{figure.Name,-18} {figure.Title}"); }
            return 0;
        }

        if (args.Contains("--help"))
        {
            Console.WriteLine("usage: ./bench [NAME...] | --list\nMeasures the named figures, or all, each against its limit or peer in the same run.");
            return 0;
        }

        var output = args.SkipWhile(arg => arg != "--results").Skip(1).FirstOrDefault();
        var names = args.TakeWhile(arg => arg != "--results").ToArray();
        if (names.FirstOrDefault(name => Figure.All.All(figure => figure.Name != name)) is { } unknown)
        {
            Console.Error.WriteLine($"bench: there is no figure '{unknown}'; ./bench --list names them");
            return 2;
        }

        var results = new List<FigureResult>();
        var failed = false;
        foreach (var figure in Figure.All.Where(figure => names.Length == 0 || names.Contains(figure.Name)))
        {
            Console.WriteLine($"{figure.Name}: {figure.Title}");
            failed |= !await MeasureAsync(figure, results);
        }

        var table = Table(results);
        Console.WriteLine();
        Console.WriteLine(table);
        if (output is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(output, names.Length == 0 ? "latest.md" : $"{string.Join('-', names)}.md"), table);
        }

        foreach (var result in results) { Console.WriteLine(result.Line); }
        return failed ? 1 : 0;
    }

    private static async Task<bool> MeasureAsync(Figure figure, List<FigureResult> results)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--figure", figure.Name]) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("The figure's process did not start.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("result ", StringComparison.Ordinal)) { results.Add(FigureResult.FromJson(line[7..])); }
            else { Console.WriteLine("  " + line); }
        }

        await process.WaitForExitAsync();
        if (process.ExitCode != 0) { Console.Error.WriteLine($"bench: {figure.Name} could not be measured (exit code {process.ExitCode})"); }
        return process.ExitCode == 0;
    }

    private static string Table(List<FigureResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine($"Measured on {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription.Trim()}, .NET {Environment.Version}. Ratios are medians of pairs run in turn;");
        text.AppendLine("absolute figures belong to this machine. KB = 1024 bytes.");
        text.AppendLine();
        text.AppendLine("| figure | value | bar | | runs |");
        text.AppendLine("|---|---|---|---|---|");
        foreach (var r in results)
        {
            var bar = r.Bar is { } b ? $"{(r.AtMost ? "≤" : "≥")} {b:0.##} {r.Unit}" : "none";
            text.AppendLine($"| {r.Name} | {r.Value:0.##} {r.Unit} | {bar} | {r.Verdict} | {string.Join("; ", r.Runs)} |");
        }

        return text.ToString();
    }
}
