using System.Diagnostics;
using Muster.Benchmarks.Server;
using Muster.Storage;
using Muster.Storage.Sqlite;
using Muster.Telemetry;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// A log of 1,000,000 events of 10,000 devices, applied to the device grains from the first event on, against the same log merely read; then once more
/// from the first event, which must change no byte of any device's row.
/// </summary>
internal sealed class Pump : Figure
{
    private const int Devices = 10_000;
    private const int Rounds = 100;
    private const int Runs = 3;
    private const string Observed = "muster.telemetry.observed";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    internal override string Name => "pump";

    internal override string Title => "events applied to device grains from a log of 1,000,000 ÷ the bare log read; state after a replay";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        var prepared = folder.Sub("prepared");
        await using (var silo = await BenchSilo.StartAsync(prepared))
        {
            await silo.RegisterAsync("p", Devices, DeviceContent.Nothing);
            await EventFill.AppendAsync(silo.Log, "p", Devices, Rounds);
        }

        var (ratios, rates, runs) = (new List<double>(), new List<double>(), new List<string>());
        for (var run = 0; run <= Runs; run++)
        {
            var hub = Copy(prepared, folder.Sub($"hub-{run}"));
            var (applied, read) = await ApplyAsync(hub);
            var rows = Rows(hub);
            Check(rows);
            ResetCheckpoints(hub);
            var (replayed, _) = await ApplyAsync(hub);
            if (!rows.SequenceEqual(Rows(hub))) { throw new InvalidOperationException("The replay of the log changed what devices have."); }
            Directory.Delete(hub, recursive: true);
            if (run == 0)
            {
                // The first warms the code up, and is only checked.
                continue;
            }

            ratios.Add(applied / read);
            rates.Add(applied / 1000);
            runs.Add($"{applied:N0}/s ÷ {read:N0}/s = {applied / read:0.00} (replay {replayed:N0}/s, all {rows.Length:N0} rows as before)");
        }

        return
        [
            new FigureResult(Name, FigureResult.Median(ratios), "x", 0.1, AtMost: false, runs),
            new FigureResult(Name + "-rate", FigureResult.Median(rates), "thousand/s", 40, AtMost: false, [.. rates.Select(rate => $"{rate:0.0}")]),
        ];
    }

    /// <summary>Events a second, applied and merely read.</summary>
    private static async Task<(double Applied, double Read)> ApplyAsync(string folder)
    {
        using var meters = new Meters(Observed);
        await using var silo = await BenchSilo.StartAsync(folder, pump: true);
        // From the first batches that are done: when the pumps began, nobody says.
        var (first, began) = (await ReachAsync(meters, 1), Stopwatch.GetTimestamp());
        var last = await ReachAsync(meters, Devices * Rounds);
        var applied = (last - first) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (applied, await ReadAsync(silo.Log));
    }

    private static async Task<long> ReachAsync(Meters meters, long count)
    {
        for (var since = Stopwatch.GetTimestamp(); meters[Observed] < count; await Task.Delay(5))
        {
            if (Stopwatch.GetElapsedTime(since) > Patience) { throw new TimeoutException($"{meters[Observed]:N0} of {count:N0} events were applied in {Patience}."); }
        }

        return meters[Observed];
    }

    // As the pumps read it: all partitions at a time, in their batches.
    private static async Task<double> ReadAsync(IEventLog log)
    {
        var options = new PumpOptions();
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, log.PartitionCount).Select(async partition =>
        {
            var count = 0L;
            for (var next = log.Describe(partition).FirstOffset; next < log.Describe(partition).NextOffset;)
            {
                var events = await log.ReadAsync(partition, next, options.BatchEvents, options.BatchBytes, CancellationToken.None);
                (next, count) = (events[^1].Offset + 1, count + events.Length);
            }

            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Every column of every device's row.</summary>
    private static string[] Rows(string folder)
    {
        using var database = SqliteFile.OpenForReading(Path.Combine(folder, SqliteFile.Name));
        using var select = database.Prepare(
            $"SELECT {string.Join(" || '|' || ", Schema.ColumnNames.Select(column => $"quote({column})"))} FROM {Schema.DeviceTable} ORDER BY id");
        var rows = new List<string>();
        while (select.Step()) { rows.Add(select.TextOrNull(0)!); }
        return [.. rows];
    }

    private static void Check(string[] rows)
    {
        var behind = rows.Count(row => !row.Contains($"\"n\":{{\"value\":{Rounds - 1},", StringComparison.Ordinal));
        if (rows.Length != Devices || behind > 0) { throw new InvalidOperationException($"{behind:N0} of {rows.Length:N0} devices do not have their last event."); }
    }

    private static void ResetCheckpoints(string folder)
    {
        using var database = SqliteFile.OpenForWriting(Path.Combine(folder, SqliteFile.Name));
        database.Execute($"UPDATE {Schema.CheckpointTable} SET next_offset = 0 WHERE consumer = '{PartitionPump.Consumer}'");
    }

    private static string Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) { Directory.CreateDirectory(folder.Replace(from, to, StringComparison.Ordinal)); }
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) { File.Copy(file, file.Replace(from, to, StringComparison.Ordinal)); }
        return to;
    }
}
