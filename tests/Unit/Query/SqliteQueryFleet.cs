using System.Text;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Query;
using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Query;

/// <summary>Rows in a database in memory.</summary>
internal sealed class SqliteQueryFleet : QueryFleet, ISqliteReadPool
{
    private readonly Lock gate = new();
    private readonly DeviceTable table;
    private readonly SqliteFleetIndex index;

    public SqliteQueryFleet(FleetQueryOptions? options = null)
    {
        Database.Execute(string.Concat(Schema.Steps));
        table = new DeviceTable(Database, TimeProvider.System);
        index = new SqliteFleetIndex(this, this, options ?? new FleetQueryOptions(), TimeProvider.System);
    }

    public SqliteDatabase Database { get; } = SqliteDatabase.Open(":memory:", readOnly: false);

    public override IFleetIndex Index => index;

    public int Threads => 1;

    public override Task AddAsync(IEnumerable<(string Key, DeviceState State)> rows)
    {
        foreach (var (key, state) in rows)
        {
            Assert.NotEqual(0, table.Write(Encoding.UTF8.GetBytes(key), state, expected: 0, []));
        }

        return Task.CompletedTask;
    }

    public override string Sql(TwinQuery query) => Compile(query).Sql;

    public CompiledQuery Compile(TwinQuery query) => SqliteQueryEngine.Compile(Database, new PageRequest(query, 999, QueryContinuation.Start));

    public List<string> Plan(CompiledQuery query)
    {
        using var lease = new StatementLease(Database, query with { Sql = "EXPLAIN QUERY PLAN " + query.Sql });
        var plan = new List<string>();
        while (lease.Statement.Step())
        {
            plan.Add(lease.Statement.TextOrNull(3)!);
        }

        return plan;
    }

    public Task<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(read(Database));
        }
    }

    public override ValueTask DisposeAsync()
    {
        index.Dispose();
        Database.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteTwinQueryLawTests : TwinQueryLaws
{
    protected override int Iterations => 120;

    protected override Task<QueryFleet> NewAsync() => Task.FromResult<QueryFleet>(new SqliteQueryFleet());
}

public sealed class SqliteTwinQueryTests : TwinQueryExamples
{
    protected override Task<QueryFleet> NewAsync(FleetQueryOptions options) => Task.FromResult<QueryFleet>(new SqliteQueryFleet(options));
}
