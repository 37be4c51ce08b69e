using System.Diagnostics;
using Muster.Benchmarks.Scale.Load;
using Muster.Benchmarks.Scale.Servers;

namespace Muster.Benchmarks.Scale.Figures;

/// <summary>
/// What an update costs as the stored fleet grows, the same number of devices hot; then the largest fleet hot in one process. Each size has a
/// silo and a PostgreSQL server of its own, all up at once and loaded in turn.
/// </summary>
internal sealed class FleetGrowth : ScaleFigure
{
    private const int Callers = 1000;
    private const double Gb = 1024.0 * 1024 * 1024;
    private const string Transactions = "select xact_commit::float8 from pg_stat_database where datname = current_database()";

    internal override string Name => "fleet-growth";

    internal override string Title => "CPU and p99 of an update with 1 k to 1 M devices stored; 1 M device grains hot in one process";

    internal override async Task MeasureAsync(ScaleRun run)
    {
        int[] sizes = run.Quick ? [1_000, 10_000, 20_000] : [1_000, 10_000, 100_000, 1_000_000];
        var hot = run.Size(10_000, 5_000);
        var fleets = new List<(int Size, ScaleCluster Cluster, TwinLoad Load)>();
        try
        {
            foreach (var size in sizes)
            {
                var cluster = await ScaleCluster.StartAsync(run, fleets.Count, silos: 1);
                fleets.Add((size, cluster, null!));
                var began = Stopwatch.GetTimestamp();
                await FleetRows.FillAsync(cluster, size);
                ScaleRun.Say($"{size:N0} devices stored in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");

                // Spread over the whole fleet: hot devices are not each other's neighbours on disk.
                var step = Math.Max(1, size / hot);
                fleets[^1] = (size, cluster, new TwinLoad(cluster.Grains, Enumerable.Range(0, Math.Min(hot, size)).Select(i => FleetRows.Id(i * step)), Callers));
            }

            await CompareAsync(run, fleets, sizes[1]);
            foreach (var (_, cluster, _) in fleets.SkipLast(1)) { await cluster.DisposeAsync(); }
            fleets.RemoveRange(0, fleets.Count - 1);
            await AllHotAsync(run, fleets[0].Cluster, sizes[^1]);
        }
        finally
        {
            foreach (var (_, cluster, _) in fleets) { await cluster.DisposeAsync(); }
        }
    }

    private static async Task CompareAsync(ScaleRun run, List<(int Size, ScaleCluster Cluster, TwinLoad Load)> fleets, int baseline)
    {
        foreach (var (_, _, load) in fleets)
        {
            await load.TouchAllAsync(200);
            await load.UpdateAsync(run.Seconds(6, 2));
        }

        await StoredBytesAsync(fleets[^1].Cluster, fleets[^1].Size);
        var measured = fleets.ToDictionary(f => f.Size, _ => new List<(double Cpu, double Log, LoadWindow Window)>());
        for (var round = 0; round < run.Size(5, 2); round++)
        {
            foreach (var (size, cluster, load) in fleets)
            {
                var (watch, log) = (cluster.Watch(), await cluster.WrittenLogAsync());
                var window = await load.UpdateAsync(run.Seconds(3, 1));
                measured[size].Add((watch.Read().Served / window.Count, (await cluster.WrittenLogAsync() - log) / window.Count, window));
            }
        }

        foreach (var (size, rounds) in measured)
        {
            ScaleRun.Report(new FigureResult($"update-cpu-{Words(size)}-stored", FigureResult.Median(rounds.Select(r => r.Cpu * 1e6)), "µs", null, AtMost: true,
                [.. rounds.Select(r => $"{r.Cpu * 1e6:0} µs and {r.Log:0} bytes of WAL at {r.Window.Rate:N0}/s, p50 {r.Window.P50:0.0}, p99 {r.Window.P99:0.0} ms")]));
        }

        ScaleRun.Report(new FigureResult("update-wal-bytes", FigureResult.Median(measured[fleets[^1].Size].Select(r => r.Log)), "bytes", null, AtMost: true,
            [$"of PostgreSQL's write-ahead log per update of two of 16 properties, {Words(fleets[^1].Size)} stored"]));
        var (most, ten) = (measured[fleets[^1].Size], measured[baseline]);
        double[] cpu = [.. most.Zip(ten, (a, b) => a.Cpu / b.Cpu)];
        double[] p99 = [.. most.Zip(ten, (a, b) => a.Window.P99 / b.Window.P99)];
        var name = $"{Words(fleets[^1].Size)}-to-{Words(baseline)}";
        ScaleRun.Report(new FigureResult($"update-cpu-{name}", FigureResult.Median(cpu), "x", 1.5, AtMost: true, [.. cpu.Select(r => $"{r:0.00}")]));
        ScaleRun.Report(new FigureResult($"update-p99-{name}", FigureResult.Median(p99), "x", 1.5, AtMost: true, [.. p99.Select(r => $"{r:0.00}")]));
    }

    private static async Task AllHotAsync(ScaleRun run, ScaleCluster cluster, int count)
    {
        var silo = cluster.Nodes[0];
        var everyone = new TwinLoad(cluster.Grains, Enumerable.Range(0, count).Select(FleetRows.Id), Callers);
        var (watch, began, read) = (cluster.Watch(), Stopwatch.GetTimestamp(), await cluster.NumberAsync(Transactions));
        var idle = ProcessUsage.Bytes(silo.Pid) / Gb;
        await everyone.TouchAllAsync(2000);
        var (seconds, cpu) = (Stopwatch.GetElapsedTime(began).TotalSeconds, watch.Read());
        var statements = await cluster.NumberAsync(Transactions) - read;
        ScaleRun.Report(new FigureResult("hot-1m-start", count / seconds, "grains/s", 10_000, AtMost: false,
            [$"{count:N0} grains in {seconds:0.0} s; CPU each: silo {cpu.Silos / count * 1e6:0}, PostgreSQL {cpu.Postgres / count * 1e6:0} µs; {statements:N0} transactions"]));

        var (now, most) = (ProcessUsage.Bytes(silo.Pid) / Gb, ProcessUsage.Bytes(silo.Pid, "VmHWM:") / Gb);
        ScaleRun.Report(new FigureResult("hot-1m-memory", most, "GB", 8, AtMost: true, [$"{now:0.00} GB resident, at most {most:0.00} GB, for {count:N0} hot grains"]));

        ScaleRun.Report(new FigureResult("hot-grain-memory", (now - idle) * 1024 * 1024 / count, "KB", null, AtMost: true, [$"{idle:0.00} GB before, with few hot grains"]));

        var values = new List<string>();
        var costs = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            watch = cluster.Watch();
            var window = await everyone.UpdateAnyAsync(run.Seconds(4, 1));
            costs.Add(watch.Read().Served / window.Count * 1e6);
            values.Add($"{costs[^1]:0} µs at {window.Rate:N0}/s, p50 {window.P50:0.0}, p99 {window.P99:0.0} ms");
        }

        ScaleRun.Report(new FigureResult("update-cpu-1m-hot-random", FigureResult.Median(costs), "µs", null, AtMost: true, values));
        var end = ProcessUsage.Bytes(silo.Pid, "VmHWM:") / Gb;
        ScaleRun.Report(new FigureResult("hot-1m-memory-after-updates", end, "GB", 8, AtMost: true, [$"at most {end:0.00} GB after random updates"]));
    }

    private static async Task StoredBytesAsync(ScaleCluster cluster, int count)
    {
        var (table, indexes) = (await cluster.NumberAsync("select pg_table_size('device')::float8"), await cluster.NumberAsync("select pg_indexes_size('device')::float8"));
        ScaleRun.Report(new FigureResult("stored-bytes-per-device", (table + indexes) / count / 1024, "KB", null, AtMost: true,
            [$"table {table / count:0} + indexes {indexes / count:0} bytes with a 1 KB twin, {count:N0} devices"]));
    }

    private static string Words(int size) => size >= 1_000_000 ? $"{size / 1_000_000}m" : $"{size / 1000}k";
}
