using Muster.Benchmarks.Load;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>Resident memory that an idle device costs, connected over TLS, its grain included.</summary>
internal sealed class IdleConnections : Figure
{
    private const int Devices = 5_000;
    private const int WarmUp = 300;

    internal override string Name => "idle-connections";

    internal override string Title => "memory per idle connected TLS device, grain included, 5,000 of them";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("i", Devices, DeviceContent.Twin);
        await silo.RegisterAsync("w", WarmUp, DeviceContent.Twin);
        using (var warm = await LoadProcess.StartAsync(silo.TlsOrder("idle", "w", WarmUp))) { warm.Stop(); await warm.ReportAsync(); }

        var values = new List<double>();
        for (var run = 0; run < 3; run++)
        {
            await silo.DeactivateAllAsync();
            var before = await ResidentAsync();
            using var load = await LoadProcess.StartAsync(silo.TlsOrder("idle", "i", Devices));
            values.Add((await ResidentAsync() - before) / 1024.0 / Devices);
            load.Stop();
            await load.ReportAsync();
        }

        return [new FigureResult(Name, FigureResult.Median(values), "KB", 45, AtMost: true, [.. values.Select(v => $"{v:0.0} KB")])];
    }

    private static async Task<long> ResidentAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            await Task.Delay(200);
        }

        var line = (await File.ReadAllLinesAsync("/proc/self/status")).Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}
