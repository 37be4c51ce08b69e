using System.Net;
using Muster.Benchmarks.Scale.Load;
using Muster.Benchmarks.Scale.Peers;
using Muster.Benchmarks.Server;
using Muster.Local;
using Npgsql;
using Orleans.Hosting;

namespace Muster.Benchmarks.Scale.Figures;

/// <summary>
/// Durable reported-property updates on PostgreSQL, 1,000 devices in flight, 1 KB twins: the product's store, the same grain over Orleans' own
/// AdoNet grain storage, and a bare writer. Silo and callers share a process; CPU is this process's and PostgreSQL's.
/// </summary>
internal sealed class TwinUpdatesPg : ScaleFigure
{
    private const int Devices = 1000;
    private const int AdoNetConnections = 16;
    private const int BareConnections = 2;

    internal override string Name => "twin-updates-pg";

    internal override string Title => "durable twin updates on PostgreSQL ÷ Orleans' AdoNet grain storage; ÷ a bare unnest writer";

    internal override async Task MeasureAsync(ScaleRun run)
    {
        await using var postgres = await PostgresServer.StartTemporaryAsync(IPAddress.Parse("127.0.120.241"), PostgresTuning.Benchmark, CancellationToken.None);
        await using var ours = await BenchSilo.StartAsync(run.Folder.Sub("ours"), database: postgres.ConnectionString(), address: "127.0.120.242");
        await ours.RegisterAsync("t", Devices, DeviceContent.Twin | DeviceContent.Tags);
        await ours.RegisterAsync("b", Devices, DeviceContent.Twin | DeviceContent.Tags);
        await using var bare = await BareUnnestWriter.OpenAsync(postgres.ConnectionString(), "b", BareConnections);
        await using var adoNet = await StartAdoNetAsync(run, postgres);
        await adoNet.RegisterAsync("t", Devices, DeviceContent.Twin | DeviceContent.Tags);

        var ids = Enumerable.Range(0, Devices).Select(i => $"t{i:D5}").ToArray();
        var (ourLoad, adoNetLoad) = (new TwinLoad(ours.Grains, ids, Devices), new TwinLoad(adoNet.Grains, ids, Devices));
        // All are warm before the first counted window: tier-0 code would be compared otherwise.
        await ourLoad.UpdateAsync(run.Seconds(9, 2));
        await adoNetLoad.UpdateAsync(run.Seconds(9, 2));
        await bare.RunAsync(run.Seconds(3, 1));

        var rounds = new List<(Window Ours, Window AdoNet, Window Bare)>();
        for (var round = 0; round < run.Size(5, 2); round++)
        {
            rounds.Add((
                await MeasureAsync(postgres, () => ourLoad.UpdateAsync(run.Seconds(3, 1))),
                await MeasureAsync(postgres, () => adoNetLoad.UpdateAsync(run.Seconds(3, 1))),
                await MeasureAsync(postgres, () => bare.RunAsync(run.Seconds(3, 1)))));
        }

        Report("twin-updates-pg-to-adonet", 8, atMost: false, rounds.Select(r => (r.Ours.Load.Rate / r.AdoNet.Load.Rate,
            $"{r.Ours.Load.Rate:N0}/s (p99 {r.Ours.Load.P99:0} ms) ÷ {r.AdoNet.Load.Rate:N0}/s (p99 {r.AdoNet.Load.P99:0} ms)")));
        Report("twin-update-cpu-pg-to-adonet", 1.0 / 6, atMost: true, rounds.Select(r => (r.Ours.Micros / r.AdoNet.Micros,
            $"{r.Ours.Text} ÷ {r.AdoNet.Text}")));
        Report("twin-updates-pg-to-bare", 0.5, atMost: false, rounds.Select(r => (r.Ours.Load.Rate / r.Bare.Load.Rate,
            $"{r.Ours.Load.Rate:N0}/s ÷ {r.Bare.Load.Rate:N0}/s (CPU {r.Bare.Text})")));
    }

    private static async Task<BenchSilo> StartAdoNetAsync(ScaleRun run, PostgresServer postgres)
    {
        await postgres.CreateDatabaseAsync("adonet");
        var database = new NpgsqlConnectionStringBuilder(postgres.ConnectionString("adonet")) { MaxPoolSize = AdoNetConnections }.ConnectionString;
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand(AdoNetStorageSql.Create, connection);
        await create.ExecuteNonQueryAsync();

        // The rest of the silo is as it is over SQLite, which the figure does not touch.
        return await BenchSilo.StartAsync(run.Folder.Sub("adonet"), address: "127.0.120.243", configure: silo =>
            silo.AddAdoNetGrainStorage(Muster.Storage.StorageNames.Devices, options => (options.Invariant, options.ConnectionString) = ("Npgsql", database)));
    }

    private static async Task<Window> MeasureAsync(PostgresServer postgres, Func<Task<LoadWindow>> load)
    {
        var watch = new CpuWatch([], postgres.ProcessId);
        var done = await load();
        var cpu = watch.Read();
        return new Window(done, cpu.Own / done.Count * 1e6, cpu.Postgres / done.Count * 1e6);
    }

    private static void Report(string name, double bar, bool atMost, IEnumerable<(double Ratio, string Text)> rounds)
    {
        var all = rounds.ToArray();
        ScaleRun.Report(new FigureResult(name, FigureResult.Median(all.Select(r => r.Ratio)), "x", bar, atMost, [.. all.Select(r => $"{r.Text} = {r.Ratio:0.000}")]));
    }

    /// <param name="Load">The window.</param>
    /// <param name="Own">Microseconds of this process per write.</param>
    /// <param name="Postgres">Microseconds of PostgreSQL per write.</param>
    private sealed record Window(LoadWindow Load, double Own, double Postgres)
    {
        internal double Micros => Own + Postgres;

        internal string Text => $"{Own:0} + {Postgres:0} µs";
    }
}
