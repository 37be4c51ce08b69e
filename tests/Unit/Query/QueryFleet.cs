using System.Buffers;
using System.Text;
using System.Text.Json;
using Muster.Devices;
using Muster.Fleet;
using Muster.Twins;
using Xunit;

namespace Muster.Query;

/// <summary>Device rows in an engine, written as its store writes them and asked through the port.</summary>
public abstract class QueryFleet : IAsyncDisposable
{
    /// <summary>Packed metadata of a section whose properties were all set by its last change; long enough for any of these tests.</summary>
    public static byte[] AllJustSet { get; } = new byte[256];

    public abstract IFleetIndex Index { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Registers the rows in their order.</summary>
    public abstract Task AddAsync(IEnumerable<(string Key, DeviceState State)> rows);

    /// <summary>The statement for the first page.</summary>
    public abstract string Sql(TwinQuery query);

    public abstract ValueTask DisposeAsync();

    public Task AddAsync(string key, DeviceState state) => AddAsync([(key, state)]);

    public Task AddAsync(string key, string tags = "{}", string reported = "{}") => AddAsync(key, new DeviceState
    {
        TwinVersion = 1,
        Tags = Encoding.UTF8.GetBytes(tags),
        Reported = new TwinSection { Json = Encoding.UTF8.GetBytes(reported), Metadata = AllJustSet },
    });

    public Task<QueryPage> PageAsync(string query, int size = 1000, string? continuation = null) =>
        Index.QueryAsync(TwinQuery.Parse(query), size, continuation, Cancel);

    /// <summary>The JSON text of the only page.</summary>
    public async Task<string> AskAsync(string query)
    {
        var page = await PageAsync(query);
        Assert.Null(page.Continuation);
        return page.Items.ToString();
    }

    /// <summary>The items of all pages, each as JSON text.</summary>
    public async Task<List<string>> AllAsync(string query, int size = 1000, Func<Task>? betweenPages = null)
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
            await (betweenPages?.Invoke() ?? Task.CompletedTask);
        }
        while (continuation is not null);
        return items;
    }

    public async Task<string> IdsAsync(string condition, string source = "devices") => string.Join(
        ' ', (await AllAsync($"SELECT deviceId FROM {source} WHERE {condition}")).Select(item => JsonDocument.Parse(item).RootElement.GetProperty("deviceId").GetString()));

    public static List<string> Items(QueryPage page) =>
        [.. JsonDocument.Parse(page.Items.Memory).RootElement.EnumerateArray().Select(item => item.GetRawText())];

    public static JsonElement Twin(string key, DeviceState state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        TwinDocument.WriteService(buffer, DeviceKey.Parse(key), state);
        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }
}
