using System.Net;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>QoS 1 telemetry with PUBACK after the fsync, against mosquitto's QoS 1 without persistence; plain TCP on both sides.</summary>
internal sealed class Telemetry : Figure
{
    private const int Connections = 1000;
    private const int InFlight = 5;
    private const int Runs = 5;
    private const double Seconds = 3;

    internal override string Name => "telemetry";

    internal override string Title => "QoS 1 telemetry acknowledged after fsync ÷ mosquitto's QoS 1 without persistence";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        using var mosquitto = await Mosquitto.StartAsync(folder.Root, IPAddress.Parse(BenchSilo.Address), 1884);
        FigureResult paused;
        await using (var silo = await BenchSilo.StartAsync(folder.Sub("paused")))
        {
            await silo.RegisterAsync("q", Connections, DeviceContent.Nothing);
            paused = await CompareAsync(silo, mosquitto, Name, 2.0);
        }

        await using var running = await BenchSilo.StartAsync(folder.Sub("running"), pump: true);
        await running.RegisterAsync("q", Connections, DeviceContent.Nothing);
        return [paused, await CompareAsync(running, mosquitto, Name + "-pumped", null)];
    }

    private static async Task<FigureResult> CompareAsync(BenchSilo silo, Mosquitto mosquitto, string name, double? bar)
    {
        await WindowAsync(silo.Order("telemetry", "q", Connections, InFlight, 2 * Seconds));
        var ratios = new List<double>();
        var runs = new List<string>();
        for (var run = 0; run < Runs; run++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var ours = await WindowAsync(silo.Order("telemetry", "q", Connections, InFlight, Seconds));
            var share = ours.CpuSeconds / (ours.CpuSeconds + (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
            var lag = bar is null ? $", pump {silo.PumpLag:N0} events behind" : "";
            var peer = await WindowAsync(new LoadOrder(
                "telemetry", BenchSilo.Address, mosquitto.EndPoint.Port, null, "q", Connections, InFlight, Seconds));
            ratios.Add(ours.Rate / peer.Rate);
            runs.Add($"{ours.Rate:N0}/s (p50 {ours.P50:0.0}, p99 {ours.P99:0.0} ms, load generator {share:P0} of the CPU{lag}) ÷ {peer.Rate:N0}/s "
                + $"(p50 {peer.P50:0.0}, p99 {peer.P99:0.0} ms) = {ours.Rate / peer.Rate:0.00}");
        }

        return new FigureResult(name, FigureResult.Median(ratios), "x", bar, AtMost: false, runs);
    }

    private static async Task<LoadReport> WindowAsync(LoadOrder order)
    {
        using var load = await LoadProcess.StartAsync(order);
        await load.GoAsync();
        return await load.ReportAsync();
    }
}
