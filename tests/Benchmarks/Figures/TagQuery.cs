using System.Diagnostics;
using System.Text.Json;
using Muster.Benchmarks.Server;
using Muster.Fleet;
using Muster.Storage.Sqlite;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// All pages of <c>WHERE tags.K = 'x'</c> with 10 matches among 100,000 devices, K at random among 20 tag names that nobody configured, against
/// reading the same rows one by one by their primary key on a connection of its own.
/// </summary>
internal sealed class TagQuery : Figure
{
    private const int Devices = 100_000;
    private const int Queries = 300;
    private static readonly SqliteRowReader Rows = new();
    private const int Runs = 5;

    internal override string Name => "tag-query";

    internal override string Title => "a query by any tag, 10 matches in 100,000 devices ÷ reading the same rows by primary key";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("d", Devices, DeviceContent.Twin | DeviceContent.Tags);
        await silo.DeactivateAllAsync();
        using var database = SqliteFile.OpenForReading(Path.Combine(silo.StoreFolder, SqliteFile.Name));
        using var byKey = database.Prepare($"SELECT {Schema.DeviceColumns} FROM device WHERE id = ?1");
        using var ids = database.Prepare("SELECT id FROM device WHERE device_id = ?1 AND module_id = ''");
        var fleet = silo.Grains.GetGrain<IFleetGrain>(0);
        var random = new Random(1);
        var (ratios, runs) = (new List<double>(), new List<string>());
        for (var run = -1; run < Runs; run++)
        {
            var (query, keys) = (TimeSpan.Zero, TimeSpan.Zero);
            for (var i = 0; i < Queries; i++)
            {
                var (tag, value) = (random.Next(BenchSilo.TagNames), random.Next(Devices / BenchSilo.MatchesPerTag));
                var began = Stopwatch.GetTimestamp();
                var found = await QueryAsync(fleet, $"SELECT * FROM devices WHERE tags.{BenchSilo.TagName(tag)} = '{BenchSilo.TagValue(value)}'");
                query += Stopwatch.GetElapsedTime(began);
                var rows = found.Select(id => RowId(ids, id)).ToArray();
                began = Stopwatch.GetTimestamp();
                foreach (var row in rows) { ReadRow(byKey, row); }
                keys += Stopwatch.GetElapsedTime(began);
            }

            if (run < 0) { continue; }
            ratios.Add(query / keys);
            runs.Add($"{query.TotalMilliseconds / Queries:0.000} ms ÷ {keys.TotalMilliseconds / Queries:0.000} ms = {query / keys:0.0}");
        }

        return [new FigureResult(Name, FigureResult.Median(ratios), "x", 20, AtMost: true, runs)];
    }

    private static async Task<List<string>> QueryAsync(IFleetGrain fleet, string text)
    {
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            if (await fleet.QueryAsync(text, 100, continuation) is not QueryReply.Found { Page: var page }) { throw new InvalidOperationException(text); }
            using var items = JsonDocument.Parse(page.Items.Memory);
            ids.AddRange(items.RootElement.EnumerateArray().Select(twin => twin.GetProperty("deviceId").GetString()!));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return ids.Count == BenchSilo.MatchesPerTag ? ids : throw new InvalidOperationException($"{text}: {ids.Count} matches");
    }

    private static long RowId(SqliteStatement ids, string deviceId)
    {
        ids.BindText(1, deviceId);
        var id = ids.Step() ? ids.Int64(0) : throw new InvalidOperationException($"{deviceId} is not in the store.");
        ids.Reset();
        return id;
    }

    private static void ReadRow(SqliteStatement byKey, long id)
    {
        byKey.Bind(1, id);
        if (!byKey.Step()) { throw new InvalidOperationException($"Row {id} is not there."); }
        _ = Rows.Read(byKey);
        byKey.Reset();
    }
}
