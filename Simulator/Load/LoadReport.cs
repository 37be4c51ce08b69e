using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Muster.Simulation.Load;

/// <summary>What a run found, as its two result files say it. Times in milliseconds, from when an operation was due to its answer.</summary>
internal sealed record LoadReport
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required DateTimeOffset At { get; init; }

    public required string Machine { get; init; }

    public required string Client { get; init; }

    public required int Devices { get; init; }

    public required int PayloadBytes { get; init; }

    /// <summary>Of what counts, up to the last answer.</summary>
    public required double Seconds { get; init; }

    public required IReadOnlyList<Row> Rows { get; init; }

    /// <param name="Offered">How many were due.</param>
    /// <param name="PerSecond">Successful operations per second.</param>
    /// <param name="P50">Null, as all that follow, where none succeeded.</param>
    internal sealed record Row(
        string Kind, long Offered, long Done, long Failed, double PerSecond, double? P50, double? P90, double? P99, double? P999, double? Max,
        IReadOnlyDictionary<string, long> Failures);

    internal static LoadReport From(LoadOptions options, LoadResult result, DateTimeOffset now) => new()
    {
        At = now,
        Machine = string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1L << 30)} GB, {RuntimeInformation.OSDescription}"),
        Client = options.Client == LoadClient.Wire ? "wire" : "orleans",
        Devices = options.Devices,
        PayloadBytes = options.PayloadBytes,
        Seconds = Math.Round(result.Took.TotalSeconds, 2),
        Rows = [.. RowsOf(result)],
    };

    internal async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(path + ".json", JsonSerializer.Serialize(this, Indented) + "\n", cancellationToken);
        await File.WriteAllTextAsync(path + ".md", ToMarkdown(), cancellationToken);
    }

    internal string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Load of {At:yyyy-MM-dd HH:mm} UTC\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{Devices} devices, {PayloadBytes} bytes, client: {Client}, {Seconds:0.##} s. {Machine}.\n");
        text.Append("Latencies in ms, from when an operation was due.\n\n");
        text.Append("| operation | offered | done | failed | per second | p50 | p90 | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var row in Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Kind} | {row.Offered} | {row.Done} | {row.Failed} | {row.PerSecond:0.#} ");
            foreach (var value in new[] { row.P50, row.P90, row.P99, row.P999, row.Max })
            {
                text.Append(value is { } number ? string.Create(CultureInfo.InvariantCulture, $"| {number:0.##} ") : "| – ");
            }

            text.Append("|\n");
        }

        foreach (var row in Rows.Where(row => row.Failed > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{row.Kind} failed: {string.Join(", ", row.Failures.Select(why => $"{why.Key} {why.Value}"))}.\n");
        }

        return text.ToString();
    }

    private static IEnumerable<Row> RowsOf(LoadResult result)
    {
        if (result.Connects is { } connects)
        {
            yield return RowOf(connects.Figures, connects.Took);
        }

        foreach (var kind in result.Kinds)
        {
            yield return RowOf(kind, result.Took);
        }
    }

    private static Row RowOf(KindFigures figures, TimeSpan took)
    {
        double? At(double percentile) => figures.Done == 0 ? null : Math.Round(figures.Milliseconds(percentile), 3);
        return new(
            Word(figures.Kind), figures.Offered, figures.Done, figures.Failed, Math.Round(figures.Done / took.TotalSeconds, 2),
            At(50), At(90), At(99), At(99.9), At(100), figures.Failures);
    }

    private static string Word(LoadKind kind) => kind switch
    {
        LoadKind.Connect => "connect",
        LoadKind.Telemetry => "telemetry",
        LoadKind.TwinWrite => "twin write",
        LoadKind.TwinRead => "twin read",
        LoadKind.Method => "method",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
