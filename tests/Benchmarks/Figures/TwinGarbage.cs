using Muster.Benchmarks.Load;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>What one durable twin update leaves for the collector, from the socket's bytes to the reply's: the hub's whole path.</summary>
internal sealed class TwinGarbage : Figure
{
    private const int Devices = 1000;

    internal override string Name => "twin-garbage";

    internal override string Title => "garbage per durable twin update, whole path behind the socket";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("g", Devices, DeviceContent.Twin | DeviceContent.Tags);
        var values = new List<double>();
        var runs = new List<string>();
        for (var run = 0; run < 4; run++)
        {
            using var load = await LoadProcess.StartAsync(silo.Order("twin", "g", Devices, inFlight: 1, seconds: 3));
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await load.GoAsync();
            var report = await load.ReportAsync();
            var perUpdate = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1024.0 / report.Total;
            if (report.Failed > 0) { throw new InvalidOperationException($"{report.Failed} updates were refused."); }
            if (run == 0) { continue; }
            values.Add(perUpdate);
            runs.Add($"{perUpdate:0.00} KB at {report.Rate:N0}/s, p50 {report.P50:0.0} ms, p99 {report.P99:0.0} ms");
        }

        return [new FigureResult(Name, FigureResult.Median(values), "KB", 6, AtMost: true, runs)];
    }
}
