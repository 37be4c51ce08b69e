using System.Text;
using System.Text.Json;

namespace Muster.Benchmarks.Scale;

/// <summary>A result with when, on what (<see cref="Scale.Machine.Text"/>) and of what it was measured; without one, that its figure was measured to the end.</summary>
internal sealed record Measured(string Figure, DateTimeOffset At, string Commit, string Machine, FigureResult? Result)
{
    internal string Key => $"{Figure} {Result?.Name}";
}

/// <summary>What was measured so far, a JSON line each, written as soon as it is known, so that an interrupted run loses nothing.</summary>
internal sealed class ScaleResults(string folder)
{
    private string Lines => Path.Combine(folder, "scale.jsonl");

    internal IReadOnlyList<Measured> All() => !File.Exists(Lines) ? [] :
        [.. File.ReadLines(Lines).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<Measured>(line)!)];

    internal bool IsWhole(string figure, string commit) => All().Any(m => m.Figure == figure && m.Commit == commit && m.Result is null);

    /// <summary>Takes the place of the same figure's result of the same name.</summary>
    internal void Keep(Measured measured)
    {
        Directory.CreateDirectory(folder);
        var kept = All().Where(m => m.Key != measured.Key && !(m.Figure == measured.Figure && m.Result is null)).Append(measured)
            .OrderBy(m => ScaleFigure.All.TakeWhile(figure => figure.Name != m.Figure).Count());
        Replace(Lines, string.Concat(kept.Select(m => JsonSerializer.Serialize(m) + "\n")));
        Replace(Path.Combine(folder, "scale.md"), Table());
    }

    internal string Table()
    {
        var all = All();
        var text = new StringBuilder();
        text.AppendLine("# How it scales").AppendLine();
        text.AppendLine("Measured by `./bench scale` on the machines that stand below. Everything (silos, PostgreSQL, load) shares their cores. Ratios are medians of");
        text.AppendLine("pairs run in turn; CPU is that of the silos and of PostgreSQL's whole process tree, the load generator's apart; absolute figures belong to");
        text.AppendLine("their machine. KB = 1024 bytes.").AppendLine();
        text.AppendLine("| figure | value | bar | | runs |").AppendLine("|---|---|---|---|---|");
        foreach (var r in all.Select(m => m.Result).OfType<FigureResult>())
        {
            var bar = r.Bar is { } b ? $"{(r.AtMost ? "≤" : "≥")} {b:#,0.###} {r.Unit}" : "none";
            text.AppendLine($"| {r.Name} | {r.Value:#,0.###} {r.Unit} | {bar} | {r.Verdict} | {string.Join("; ", r.Runs)} |");
        }

        text.AppendLine().AppendLine("| measured | when (UTC) | commit | on |").AppendLine("|---|---|---|---|");
        foreach (var m in all.Where(m => m.Result is not null).GroupBy(m => (m.Figure, m.Commit, m.Machine)))
        {
            text.AppendLine($"| {m.Key.Figure} | {m.Max(r => r.At):yyyy-MM-dd HH:mm} | {m.Key.Commit} | {m.Key.Machine} |");
        }

        return text.ToString();
    }

    private static void Replace(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}
