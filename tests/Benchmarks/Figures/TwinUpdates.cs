using System.Diagnostics;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Server;
using Muster.Devices;
using Muster.Json;
using Muster.Twins;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// Durable reported-property updates through the grain, 1,000 devices in flight, 1 KB twins, against a bare group-commit writer of the same
/// rows in the same schema.
/// </summary>
internal sealed class TwinUpdates : Figure
{
    private const int Devices = 1000;
    private const int Runs = 5;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    internal override string Name => "twin-updates";

    internal override string Title => "durable reported-property updates through the grain ÷ a bare group-commit SQLite writer";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("t", Devices, DeviceContent.Twin | DeviceContent.Tags);
        var grains = Enumerable.Range(0, Devices).Select(i => silo.Grains.GetGrain<IDeviceGrain>($"t{i:D5}")).ToArray();
        using var bare = await BareSqliteWriter.OpenAsync(folder.Sub("bare"), silo, "t", Devices);

        // Both are warm before the first counted window: tier-0 code would be compared otherwise.
        await RunAsync(grains, 3 * Window);
        await bare.RunAsync(Window);
        var runs = new List<(double Ours, double Bare)>();
        for (var run = 0; run < Runs; run++)
        {
            runs.Add((await RunAsync(grains, Window), await bare.RunAsync(Window)));
        }

        return [new FigureResult(Name, FigureResult.Median(runs.Select(r => r.Ours / r.Bare)), "x", 0.4, AtMost: false,
            [.. runs.Select(r => $"{r.Ours:N0}/s ÷ {r.Bare:N0}/s = {r.Ours / r.Bare:0.00}")])];
    }

    /// <summary>Updates a second, each grain having one under way.</summary>
    internal static async Task<double> RunAsync(IDeviceGrain[] grains, TimeSpan window)
    {
        var until = Stopwatch.GetTimestamp() + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(grains.Select(async (grain, i) =>
        {
            var count = 0L;
            await Task.Yield();
            while (Stopwatch.GetTimestamp() < until)
            {
                var reply = await grain.PatchReportedAsync(new JsonUtf8(TwinSample.Patch((int)count + i)));
                count += reply is ReportedReply.Accepted ? 1 : throw new InvalidOperationException($"{reply}");
            }

            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
