using System.Text.Json;

namespace Muster.Benchmarks;

/// <summary>One measured figure: a line of the closing summary, and a row of the table.</summary>
/// <param name="Name">As <c>./bench NAME</c> takes it.</param>
/// <param name="Value">Median of the runs, in <paramref name="Unit"/>.</param>
/// <param name="Unit">What the value is: <c>x</c> for a ratio, <c>KB</c> (1024 bytes), <c>ms</c>.</param>
/// <param name="Bar">What it must reach; null for a figure that is only reported.</param>
/// <param name="AtMost">True if the bar is an upper bound.</param>
/// <param name="Runs">How each run came out, in words.</param>
internal sealed record FigureResult(string Name, double Value, string Unit, double? Bar, bool AtMost, IReadOnlyList<string> Runs)
{
    internal string Verdict => Bar is not { } bar ? "-" : (AtMost ? Value <= bar : Value >= bar) ? "pass" : "miss";

    internal string Line => $"figure {Name} {Text(Value)} bar {(Bar is { } bar ? (AtMost ? "<=" : ">=") + Text(bar) : "none")} {Verdict}";

    internal string ToJson() => JsonSerializer.Serialize(this);

    internal static FigureResult FromJson(string json) =>
        JsonSerializer.Deserialize<FigureResult>(json) ?? throw new InvalidDataException("An empty figure.");

    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "F0" : "F2", System.Globalization.CultureInfo.InvariantCulture);
}
