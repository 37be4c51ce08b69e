using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Muster.Survival;

/// <summary>The results of all rounds so far, a line each.</summary>
internal sealed class ResultFile(string path)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal IReadOnlyList<RoundResult> Read() => !File.Exists(path) ? []
        : [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<RoundResult>(line, Format)!)];

    internal void Append(RoundResult result)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.AppendAllText(path, JsonSerializer.Serialize(result, Format) + "\n");
    }

    internal int Passed(FailureKind kind) => Read().Count(result => result.Kind == kind.Name && result.Verdict == RoundResult.Passed);

    /// <summary>A table by kind; times are the worst round's, p50 that of the median round.</summary>
    internal string Summary()
    {
        var results = Read();
        var text = new StringBuilder(
            "kind              passed failed | lost connections: p50    p99    max | kept:  p99    max | struck grains: max | other grains: max | recovered: p50    max\n");
        foreach (var kind in FailureKind.All)
        {
            AppendRow(text, kind, [.. results.Where(result => result.Kind == kind.Name)]);
        }

        return text.Append("(milliseconds; p50 of the median round, p99 and max of the worst)").ToString();
    }

    private static void AppendRow(StringBuilder text, FailureKind kind, List<RoundResult> rounds)
    {
        var passed = rounds.Where(round => round.Verdict == RoundResult.Passed).ToList();
        text.Append(CultureInfo.InvariantCulture, $"{kind.Name,-16} {passed.Count,3}/{kind.Rounds,-3} {rounds.Count - passed.Count,5} ");
        text.Append(CultureInfo.InvariantCulture, $"| {Median(passed, one => one.Lost?.P50),21} {Worst(passed, one => one.Lost?.P99),6} {Worst(passed, one => one.Lost?.Max),6} ");
        text.Append(CultureInfo.InvariantCulture, $"| {Worst(passed, one => one.Kept?.P99),11} {Worst(passed, one => one.Kept?.Max),6} ");
        text.Append(CultureInfo.InvariantCulture, $"| {Worst(passed, one => one.StruckGrains?.Max),18} | {Worst(passed, one => one.OtherGrains?.Max),17} ");
        text.Append(CultureInfo.InvariantCulture, $"| {Median(passed, Recovered),14} {Worst(passed, Recovered),6}\n");
    }

    private static int? Recovered(RoundResult round) => (int)(round.RecoveredSeconds * 1000);

    private static string Worst(List<RoundResult> rounds, Func<RoundResult, int?> of) =>
        rounds.Max(of)?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Median(List<RoundResult> rounds, Func<RoundResult, int?> of)
    {
        int?[] sorted = [.. rounds.Select(of).Where(value => value is not null).Order()];
        return sorted.Length == 0 ? "-" : sorted[(sorted.Length - 1) / 2]!.Value.ToString(CultureInfo.InvariantCulture);
    }
}
