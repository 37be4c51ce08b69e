using System.Buffers;
using System.Text;
using System.Text.Json;
using Muster.Devices;
using Muster.Fleet;
using Muster.Storage.Sqlite;
using Muster.Twins;
using Xunit;

namespace Muster.Query;

/// <summary>Device rows in a database in memory, written by the store's own writer and asked by its own runner.</summary>
internal sealed class TestFleet : ISqliteReadPool, IDisposable
{
    private readonly Lock gate = new();
    private readonly SqliteDatabase database = SqliteDatabase.Open(":memory:", readOnly: false);
    private readonly DeviceTable table;
    private readonly TwinQueryRunner runner;

    public TestFleet(SqliteQueryOptions? options = null)
    {
        database.Execute(Schema.CreateTables);
        table = new DeviceTable(database, TimeProvider.System);
        runner = new TwinQueryRunner(this, options ?? new SqliteQueryOptions(), TimeProvider.System);
    }

    /// <summary>Packed metadata of a section whose properties were all set by its last change; long enough for any of these tests.</summary>
    public static byte[] AllJustSet { get; } = new byte[256];

    public SqliteDatabase Database => database;

    public void Add(string key, DeviceState state) => Assert.NotEqual(0, table.Write(Encoding.UTF8.GetBytes(key), state, expected: 0));

    public void Add(string key, string tags = "{}", string reported = "{}") => Add(key, new DeviceState
    {
        TwinVersion = 1,
        Tags = Encoding.UTF8.GetBytes(tags),
        Reported = new TwinSection { Json = Encoding.UTF8.GetBytes(reported), Metadata = AllJustSet },
    });

    public Task<QueryPage> PageAsync(string query, int size = 1000, string? continuation = null) =>
        runner.RunAsync(TwinQuery.Parse(query), size, continuation, TestContext.Current.CancellationToken);

    /// <summary>The JSON text of the only page.</summary>
    public async Task<string> AskAsync(string query)
    {
        var page = await PageAsync(query);
        Assert.Null(page.Continuation);
        return page.Items.ToString();
    }

    /// <summary>The items of all pages, each as JSON text.</summary>
    public async Task<List<string>> AllAsync(string query, int size = 1000, Action? betweenPages = null)
    {
        var items = new List<string>();
        string? continuation = null;
        do
        {
            var page = await PageAsync(query, size, continuation);
            var parsed = Items(page);
            Assert.InRange(parsed.Count, continuation is null ? 0 : 1, size);
            items.AddRange(parsed);
            continuation = page.Continuation;
            betweenPages?.Invoke();
        }
        while (continuation is not null);
        return items;
    }

    public async Task<string> IdsAsync(string condition, string source = "devices") => string.Join(
        ' ', (await AllAsync($"SELECT deviceId FROM {source} WHERE {condition}")).Select(item => JsonDocument.Parse(item).RootElement.GetProperty("deviceId").GetString()));

    /// <summary>The statement that the runner would use for the first page.</summary>
    public CompiledQuery Compile(TwinQuery query)
    {
        var access = AccessPathChooser.Choose(database, query.Where);
        return query.Aggregates ? QueryCompiler.Groups(query, access, 0, 1000) : QueryCompiler.Rows(query, access, 0, 1000);
    }

    public static List<string> Items(QueryPage page) =>
        [.. JsonDocument.Parse(page.Items.Memory).RootElement.EnumerateArray().Select(item => item.GetRawText())];

    public static JsonElement Twin(string key, DeviceState state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        TwinDocument.WriteService(buffer, DeviceKey.Parse(key), state);
        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }

    public List<string> Plan(string sql, SqlParameters parameters)
    {
        using var statement = database.Prepare("EXPLAIN QUERY PLAN " + sql);
        parameters.BindTo(statement);
        var plan = new List<string>();
        while (statement.Step())
        {
            plan.Add(statement.TextOrNull(3)!);
        }

        return plan;
    }

    public Task<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(read(database));
        }
    }

    public void Dispose() => database.Dispose();
}
