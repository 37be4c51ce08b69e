using Muster.Devices;
using Muster.Fleet;
using Muster.Storage;
using Muster.Storage.Postgres;
using Muster.Storage.Query;
using Npgsql;
using Orleans.Runtime;
using Xunit;

namespace Muster.Query;

/// <summary>Rows in a database of the tests' own server, which is emptied for each fleet.</summary>
internal sealed class PostgresQueryFleet : QueryFleet
{
    private static readonly GrainType Device = GrainType.Create("device");

    private readonly PostgresStore store;
    private readonly PostgresDeviceStorage storage;
    private readonly PostgresFleetIndex index;

    private PostgresQueryFleet(PostgresStore store, string connectionString, FleetQueryOptions options)
    {
        this.store = store;
        storage = new PostgresDeviceStorage(() => store);
        index = new PostgresFleetIndex(() => connectionString, options, TimeProvider.System);
    }

    public override IFleetIndex Index => index;

    public static async Task<PostgresQueryFleet> NewAsync(PostgresDatabase database, FleetQueryOptions options)
    {
        await database.EmptyAsync();
        var store = await PostgresStore.OpenAsync(new PostgresSettings { ConnectionString = database.ConnectionString, Writers = 1, Readers = 1 }, Cancel);
        return new PostgresQueryFleet(store, database.ConnectionString, options);
    }

    // One by one: rows that are registered at once have no order.
    public override async Task AddAsync(IEnumerable<(string Key, DeviceState State)> rows)
    {
        foreach (var (key, state) in rows)
        {
            await storage.WriteStateAsync("state", GrainId.Create(Device, key), new GrainState<DeviceState>(state));
        }
    }

    public override string Sql(TwinQuery query) => Compile(query).Sql;

    public async Task ExecuteAsync(string sql)
    {
        await using var command = store.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>How the server goes about the first page.</summary>
    public Task<string> PlanAsync(TwinQuery query)
    {
        var compiled = Compile(query);
        return PostgresRead.RunAsync(store.Database, compiled with { Sql = "EXPLAIN " + compiled.Sql }, ReadAsync, Cancel);

        async Task<string> ReadAsync(NpgsqlDataReader reader)
        {
            var lines = new List<string>();
            while (await reader.ReadAsync(Cancel))
            {
                lines.Add(reader.GetString(0));
            }

            return string.Join('\n', lines);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await index.DisposeAsync();
        await store.DisposeAsync();
    }

    private static CompiledQuery Compile(TwinQuery query) => PostgresQueryCompiler.Compile(new PageRequest(query, 999, QueryContinuation.Start));
}

public sealed class PostgresTwinQueryLawTests(PostgresDatabase database) : TwinQueryLaws, IClassFixture<PostgresDatabase>
{
    protected override int Iterations => 24;

    protected override int Threads => 1;

    protected override async Task<QueryFleet> NewAsync() => await PostgresQueryFleet.NewAsync(database, new FleetQueryOptions());
}

public sealed class PostgresTwinQueryTests(PostgresDatabase database) : TwinQueryExamples, IClassFixture<PostgresDatabase>
{
    protected override async Task<QueryFleet> NewAsync(FleetQueryOptions options) => await PostgresQueryFleet.NewAsync(database, options);
}
