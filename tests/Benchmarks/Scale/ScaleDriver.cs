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
        if (args is ["--list"]) { return List(); }
        if (Parse(args) is not { } wanted)
        {
            Console.WriteLine(Usage);
            return args.Contains("--help") ? 0 : 2;
        }

        if (args is ["--capacity", ..]) { return WriteCapacity(wanted.Results); }
        if (wanted.Names.FirstOrDefault(name => ScaleFigure.All.All(figure => figure.Name != name)) is { } unknown)
        {
            Console.Error.WriteLine($"bench: there is no scale figure '{unknown}'; ./bench scale --list names them");
            return 2;
        }

        return await MeasureAllAsync(wanted);
    }

    private static int List()
    {
        foreach (var figure in ScaleFigure.All) { Console.WriteLine($"{figure.Name,-18} {figure.Title}"); }
        return 0;
    }

    /// <summary>Null if it is not understood.</summary>
    private static Wanted? Parse(string[] args)
    {
        var names = args.TakeWhile(arg => arg is not ("--results" or "--commit")).Where(arg => arg is not ("--quick" or "--resume" or "--capacity")).ToArray();
        return Value(args, "--results") is { } results && !names.Any(name => name.StartsWith('-'))
            ? new Wanted(names, results, Value(args, "--commit") ?? "unknown", args.Contains("--quick"), args.Contains("--resume"))
            : null;
    }

    private static int WriteCapacity(string results) =>
        new Capacity(new ScaleResults(results).All()).Write(Path.Combine(results, "..", "..", "..", "docs", "capacity.md")) ? 0 : 1;

    private static async Task<int> MeasureAllAsync(Wanted wanted)
    {
        var kept = new ScaleResults(wanted.Results);
        var machine = Machine.Describe().Text;
        var failed = false;
        foreach (var figure in ScaleFigure.All.Where(f => wanted.Has(f.Name) && !(wanted.Resume && kept.IsWhole(f.Name, wanted.Commit))))
        {
            Console.WriteLine($"{figure.Name}: {figure.Title}");
            failed |= !await MeasureAsync(
                figure, wanted.Quick, result => kept.Keep(new Measured(figure.Name, TimeProvider.System.GetUtcNow(), wanted.Commit, machine, result)));
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

    /// <param name="Names">Of figures; all of them if empty.</param>
    /// <param name="Results">The folder that they are kept in.</param>
    private sealed record Wanted(string[] Names, string Results, string Commit, bool Quick, bool Resume)
    {
        internal bool Has(string name) => Names.Length == 0 || Names.Contains(name);
    }
}
