using Muster.Benchmarks.Scale.Load;
using Muster.Benchmarks.Scale.Servers;

namespace Muster.Benchmarks.Scale.Figures;

/// <summary>
/// What an operation costs as silos are added. Each size is a cluster of its own, all up at once and loaded in turn, each with a PostgreSQL
/// server of its own, so that a size pays for nothing but itself. An Orleans client calls over all gateways, as a gateway apart does; its own CPU
/// is left out.
/// </summary>
internal sealed class SiloCount : ScaleFigure
{
    private const int Callers = 1000;
    private const int Devices = 2000;

    internal override string Name => "silo-count";

    internal override string Title => "CPU per twin update, read and telemetry message with 1, 2, 3 and 5 silos";

    internal override async Task MeasureAsync(ScaleRun run)
    {
        int[] sizes = run.Quick ? [1, 3] : [1, 2, 3, 5];
        var clusters = new List<(int Silos, ScaleCluster Cluster, TwinLoad Load)>();
        try
        {
            foreach (var silos in sizes)
            {
                var cluster = await ScaleCluster.StartAsync(run, clusters.Count, silos);
                clusters.Add((silos, cluster, null!));
                await FleetRows.FillAsync(cluster, Devices);
                var load = new TwinLoad(cluster.Grains, Enumerable.Range(0, Devices).Select(FleetRows.Id), Callers);
                clusters[^1] = (silos, cluster, load);
            }

            foreach (var (silos, _, load) in clusters)
            {
                await load.TouchAllAsync(200);
                var warm = await load.UpdateAsync(run.Seconds(8, 2));
                await load.ReadAsync(run.Seconds(2, 1));
                ScaleRun.Say($"{silos} silos up, {warm.Rate:N0} updates/s while warming up");
            }

            await CompareAsync(run, clusters, "update", 1.6, load => load.UpdateAsync(run.Seconds(3, 1)));
            await CompareAsync(run, clusters, "read", null, load => load.ReadAsync(run.Seconds(2, 1)));
            await TelemetryAsync(run, clusters);
        }
        finally
        {
            foreach (var (_, cluster, _) in clusters) { await cluster.DisposeAsync(); }
        }
    }

    private static async Task TelemetryAsync(ScaleRun run, List<(int Silos, ScaleCluster Cluster, TwinLoad Load)> clusters)
    {
        var devices = new Dictionary<TwinLoad, TelemetryLoad>();
        try
        {
            foreach (var (_, cluster, load) in clusters)
            {
                devices[load] = await TelemetryLoad.ConnectAsync(cluster, run.Size(300, 60));
                await devices[load].PublishAsync(run.Seconds(5, 2));
            }

            await CompareAsync(run, clusters, "message", null, load => devices[load].PublishAsync(run.Seconds(3, 1)));
            var (_, three, last) = clusters.Single(c => c.Silos == 3);
            var before = await three.WrittenLogAsync();
            var window = await devices[last].PublishAsync(run.Seconds(3, 1));
            ScaleRun.Report(new FigureResult("message-wal-bytes", (await three.WrittenLogAsync() - before) / window.Count, "bytes", null, AtMost: true,
                [$"of PostgreSQL's write-ahead log per message of 200 bytes at {window.Rate:N0}/s, 3 silos, its event and its row's last values"]));
        }
        finally
        {
            foreach (var connected in devices.Values) { await connected.DisposeAsync(); }
        }
    }

    private static async Task CompareAsync(
        ScaleRun run, List<(int Silos, ScaleCluster Cluster, TwinLoad Load)> clusters, string what, double? bar, Func<TwinLoad, Task<LoadWindow>> window)
    {
        var costs = clusters.ToDictionary(c => c.Silos, _ => new List<(double Silo, double Postgres, double Rate)>());
        for (var round = 0; round < run.Size(5, 2); round++)
        {
            foreach (var (silos, cluster, load) in clusters)
            {
                var watch = cluster.Watch();
                var done = await window(load);
                var cpu = watch.Read();
                costs[silos].Add((cpu.Silos / done.Count, cpu.Postgres / done.Count, done.Rate));
            }
        }

        foreach (var (silos, measured) in costs)
        {
            var whole = measured.Select(m => (m.Silo + m.Postgres) * 1000).ToArray();
            ScaleRun.Report(new FigureResult($"cpu-per-1000-{what}s-{silos}-silos", FigureResult.Median(whole), "s", null, AtMost: true,
                [.. measured.Select(m => $"silos {m.Silo * 1e6:0} + PostgreSQL {m.Postgres * 1e6:0} µs each at {m.Rate:N0}/s")]));
        }

        foreach (var (part, cost) in new[] { ("silo", costs[3].Select(m => m.Silo)), ("postgres", costs[3].Select(m => m.Postgres)) })
        {
            ScaleRun.Report(new FigureResult($"{part}-cpu-per-{what}", FigureResult.Median(cost) * 1e6, "µs", null, AtMost: true, ["of the cluster of 3 silos"]));
        }

        foreach (var silos in costs.Keys.Where(silos => silos > 1))
        {
            var ratios = costs[silos].Zip(costs[1], (many, one) => (many.Silo + many.Postgres) / (one.Silo + one.Postgres)).ToArray();
            ScaleRun.Report(new FigureResult($"{what}-cpu-{silos}-silos-to-1", FigureResult.Median(ratios), "x", silos == 3 ? bar : null, AtMost: true,
                [.. ratios.Select(r => $"{r:0.00}")]));
        }
    }
}
