using Muster.Benchmarks.Server;
using Muster.Devices;

namespace Muster.Benchmarks.Figures;

/// <summary>Managed heap that a hot device grain holds: identity, keys, metadata and a 1 KB twin of 16 properties.</summary>
internal sealed class GrainHeap : Figure
{
    private const int Devices = 100_000;

    internal override string Name => "grain-heap";

    internal override string Title => "managed heap per hot device grain, 100,000 of them";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("h", Devices, DeviceContent.Twin);
        var values = new List<double>();
        for (var run = 0; run < 3; run++)
        {
            await silo.DeactivateAllAsync();
            var before = Heap();
            await silo.ForEachAsync("h", Devices, async (device, _) =>
            {
                if (await device.GetIdentityAsync() is null) { throw new InvalidOperationException("A device is missing."); }
            });
            values.Add((Heap() - before) / 1024.0 / Devices);
        }

        return [new FigureResult(Name, FigureResult.Median(values), "KB", 4, AtMost: true, [.. values.Select(v => $"{v:0.00} KB")])];
    }

    private static long Heap()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
