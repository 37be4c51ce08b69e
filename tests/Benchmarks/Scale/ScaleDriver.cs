using System.Diagnostics;

namespace Muster.Benchmarks.Scale;

/// <summary>Runs the scale figures one after another, each in its own process, and keeps each result as it is measured.</summary>
internal static class ScaleDriver
{
    private const string Usage = """
        usage: ./bench scale [NAME...] [--quick] [--resume] | --capacity | --list
        Measures the named figures of how Muster scales, or all, and writes tests/Benchmarks/results/scale.md.
          --quick   small fleets and short windows, to see that everything can be measured; results go to artifacts/scale-quick
          --resume  only what has no result of this commit yet
          --capacity  measures nothing: does the sums of docs/capacity.md from the results that are kept
        """;

    internal static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--list"])
        {
            foreach (var figure in ScaleFigure.All) { Console.WriteLine($"{figure.Name,-18} {figure.Title}"); }
            return 0;
        }

        var (results, commit) = (Value(args, "--results"), Value(args, "--commit") ?? "unknown");
        var (quick, resume) = (args.Contains("--quick"), args.Contains("--resume"));
        var names = args.TakeWhile(arg => arg is not ("--results" or "--commit")).Where(arg => arg is not ("--quick" or "--resume" or "--capacity")).ToArray();
        if (results is null || names.Any(name => name.StartsWith('-')))
        {
            Console.WriteLine(Usage);
            return args.Contains("--help") ? 0 : 2;
        }

        if (args is ["--capacity", ..])
        {
            return new Capacity(new ScaleResults(results).All()).Write(Path.Combine(results, "..", "..", "..", "docs", "capacity.md")) ? 0 : 1;
        }

        if (names.FirstOrDefault(name => ScaleFigure.All.All(figure => figure.Name != name)) is { } unknown)
        {
            Console.Error.WriteLine($"bench: there is no scale figure '{unknown}'; ./bench scale --list names them");
            return 2;
        }

        var kept = new ScaleResults(results);
        var failed = false;
        foreach (var figure in ScaleFigure.All.Where(f => (names.Length == 0 || names.Contains(f.Name)) && !(resume && kept.IsWhole(f.Name, commit))))
        {
            Console.WriteLine($"{figure.Name}: {figure.Title}");
            failed |= !await MeasureAsync(figure, quick, result => kept.Keep(new Measured(figure.Name, TimeProvider.System.GetUtcNow(), commit, result)));
        }

        Console.WriteLine();
        Console.WriteLine(kept.Table());
        foreach (var result in kept.All().Select(m => m.Result).OfType<FigureResult>()) { Console.WriteLine(result.Line); }
        return failed ? 1 : 0;
    }

    private static async Task<bool> MeasureAsync(ScaleFigure figure, bool quick, Action<FigureResult?> keep)
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!, ["--scale-figure", figure.Name, quick ? "quick" : "full"])
        { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("The figure's process did not start.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("result ", StringComparison.Ordinal)) { keep(FigureResult.FromJson(line[7..])); }
            else { Console.WriteLine("  " + line); }
        }

        await process.WaitForExitAsync();
        if (process.ExitCode == 0) { keep(null); }
        Console.WriteLine($"  took {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        if (process.ExitCode != 0) { Console.Error.WriteLine($"bench: {figure.Name} could not be measured (exit code {process.ExitCode})"); }
        return process.ExitCode == 0;
    }

    /// <summary>The child's side.</summary>
    internal static async Task<int> MeasureAsync(string name, bool quick)
    {
        using var folder = new BenchFolder();
        await ScaleFigure.All.Single(figure => figure.Name == name).MeasureAsync(new ScaleRun(quick, folder));
        return 0;
    }

    private static string? Value(string[] args, string option) => args.SkipWhile(arg => arg != option).Skip(1).FirstOrDefault();
}
