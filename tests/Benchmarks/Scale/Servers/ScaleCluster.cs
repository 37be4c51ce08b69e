using System.Net;
using Muster.Benchmarks.Scale.Load;
using Muster.Local;
using Npgsql;

namespace Muster.Benchmarks.Scale.Servers;

/// <summary>A PostgreSQL server and silos of the product's binary over it, and an Orleans client of them in this process.</summary>
internal sealed class ScaleCluster : IAsyncDisposable
{
    internal const string HostName = "muster.test";
    private const int AddressesPerBlock = 16;
    private readonly int block;
    private readonly string folder;
    private readonly List<SiloNode> nodes = [];
    private ClusterClient? client;

    private ScaleCluster(int block, string folder, PostgresServer postgres) => (this.block, this.folder, Postgres) = (block, folder, postgres);

    internal PostgresServer Postgres { get; }

    internal IReadOnlyList<SiloNode> Nodes => nodes;

    internal IGrainFactory Grains => client!.Grains;

    /// <param name="run">The run it belongs to.</param>
    /// <param name="block">0 to 15: which sixteen addresses of 127.0.120.0 it takes, so that several run beside each other.</param>
    /// <param name="silos">1 to 12.</param>
    internal static async Task<ScaleCluster> StartAsync(ScaleRun run, int block, int silos)
    {
        var postgres = await PostgresServer.StartTemporaryAsync(Address(block, 0), PostgresTuning.Benchmark, CancellationToken.None);
        var cluster = new ScaleCluster(block, run.Folder.Sub($"cluster-{block}"), postgres);
        try
        {
            // The first alone: it makes the schema and the secrets, and the others find them.
            for (var i = 1; i <= silos; i++) { await cluster.AddSiloAsync(i); }
            cluster.client = await ClusterClient.ConnectAsync(cluster.nodes.Select(node => node.Address), cluster.SecurityFolder);
            await cluster.UntilActiveAsync(silos);
            return cluster;
        }
        catch (Exception)
        {
            foreach (var node in cluster.nodes) { await Console.Error.WriteLineAsync($"{node.Name}: {node.Log}"); }
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts silo number <paramref name="number"/>, from 1; one of that number that ended is forgotten.</summary>
    internal async Task<SiloNode> AddSiloAsync(int number)
    {
        var (name, address) = ($"silo-{number}", Address(block, number).ToString());
        foreach (var ended in nodes.Where(node => node.Name == name).ToArray())
        {
            nodes.Remove(ended);
            await ended.DisposeAsync();
        }

        var home = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var node = await SiloNode.StartAsync(name, address, home, new Dictionary<string, string>
        {
            ["Storage:ConnectionString"] = Postgres.ConnectionString(),
            ["Storage:DataFolder"] = home,
            ["Security:Folder"] = SecurityFolder,
            ["Cluster:SiloName"] = name,
            ["Hub:Bind"] = address,
            ["Hub:HostName"] = HostName,
            ["Hub:HttpsPort"] = $"{SiloNode.HttpsPort}",
            ["Simulator:Devices"] = "0",
            ["Logging:LogLevel:Default"] = "Warning",
        });
        nodes.Add(node);
        await node.ReadyAsync();
        return node;
    }

    /// <summary>Waits until membership counts <paramref name="silos"/> active ones.</summary>
    internal async Task UntilActiveAsync(int silos)
    {
        while ((await Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count != silos) { await Task.Delay(100); }
    }

    internal async Task<NpgsqlConnection> OpenDatabaseAsync()
    {
        var connection = new NpgsqlConnection(Postgres.ConnectionString() + ";Command Timeout=0");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Bytes of write-ahead log since the database was made.</summary>
    internal Task<double> WrittenLogAsync() => NumberAsync("select (pg_current_wal_lsn() - '0/0')::float8");

    internal async Task<double> NumberAsync(string sql)
    {
        await using var connection = await OpenDatabaseAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (double)(await command.ExecuteScalarAsync())!;
    }

    internal CpuWatch Watch() => new([.. nodes.Select(node => node.Pid)], Postgres.ProcessId);

    internal HubApi Api() => HubApi.Open(Path.Combine(folder, nodes[0].Name, "connection.json"));

    public async ValueTask DisposeAsync()
    {
        if (client is not null) { await client.DisposeAsync(); }
        foreach (var node in nodes) { await node.DisposeAsync(); }
        await Postgres.DisposeAsync();
    }

    private string SecurityFolder => Directory.CreateDirectory(Path.Combine(folder, "security")).FullName;

    private static IPAddress Address(int block, int number) => IPAddress.Parse($"127.0.120.{1 + block * AddressesPerBlock + number}");
}
