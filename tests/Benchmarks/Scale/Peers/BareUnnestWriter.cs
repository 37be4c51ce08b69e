using System.Threading.Channels;
using Muster.Benchmarks.Scale.Load;
using Npgsql;
using NpgsqlTypes;

namespace Muster.Benchmarks.Scale.Peers;

/// <summary>
/// The limit of the PostgreSQL figure: rows of the product's own table, changed by one statement per batch over two connections, with the
/// per-row version condition and answers; documents are prepared beforehand. No grain, no merge, no JSON.
/// </summary>
internal sealed class BareUnnestWriter : IAsyncDisposable
{
    private const int BatchLimit = 500;

    private const string Update = """
        update device d
        set version = d.version + 1, twin_version = d.twin_version + 1, last_activity_at = u.at,
          reported = u.reported, reported_metadata = u.metadata, reported_version = d.reported_version + 1, reported_updated_at = u.at
        from unnest($1, $2, $3, $4, $5, $6) as u (virtual_partition, device_id, version, reported, metadata, at)
        where d.virtual_partition = u.virtual_partition and d.device_id = u.device_id and d.module_id = '' and d.version = u.version
        returning d.device_id
        """;

    private readonly Channel<Change>[] queues;
    private readonly Task[] writers;
    private readonly Row[] rows;

    private BareUnnestWriter(NpgsqlConnection[] connections, Row[] rows)
    {
        this.rows = rows;
        queues = [.. connections.Select(_ => Channel.CreateBounded<Change>(rows.Length))];
        writers = [.. connections.Zip(queues, WriteAsync)];
    }

    /// <summary>Over the devices whose ids begin with <paramref name="prefix"/>, which nobody else writes meanwhile.</summary>
    internal static async Task<BareUnnestWriter> OpenAsync(string connectionString, string prefix, int connections)
    {
        var open = await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            return connection;
        }));
        await using var select = new NpgsqlCommand(
            "select virtual_partition, device_id, version, reported, reported_metadata from device where device_id like $1 || '%' order by id", open[0])
        { Parameters = { new() { Value = prefix } } };
        await using var reader = await select.ExecuteReaderAsync();
        var rows = new List<Row>();
        while (await reader.ReadAsync())
        {
            rows.Add(new Row(reader.GetInt32(0), reader.GetString(1), reader.GetString(3), reader.GetFieldValue<byte[]>(4)) { Version = reader.GetInt64(2) });
        }

        await reader.DisposeAsync();
        return new BareUnnestWriter(open, [.. rows]);
    }

    internal Task<LoadWindow> RunAsync(TimeSpan window) => ClosedLoop.RunAsync(rows.Length, window, async (caller, _) =>
    {
        var change = new Change(rows[caller]);
        await queues[caller % queues.Length].Writer.WriteAsync(change);
        await change.Task;
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in queues) { queue.Writer.Complete(); }
        await Task.WhenAll(writers);
    }

    private static async Task WriteAsync(NpgsqlConnection connection, Channel<Change> queue)
    {
        await using var owned = connection;
        await using var update = new NpgsqlCommand(Update, connection);
        NpgsqlDbType[] types = [NpgsqlDbType.Integer, NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Text, NpgsqlDbType.Bytea, NpgsqlDbType.Bigint];
        foreach (var type in types) { update.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type }); }
        await update.PrepareAsync();
        var batch = new List<Change>(BatchLimit);
        while (await queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchLimit && queue.Reader.TryRead(out var change)) { batch.Add(change); }
            await WriteAsync(update, batch);
            foreach (var change in batch)
            {
                change.Row.Version++;
                change.SetResult();
            }
        }
    }

    private static async Task WriteAsync(NpgsqlCommand update, List<Change> batch)
    {
        var at = TimeProvider.System.GetUtcNow().UtcTicks;
        update.Parameters[0].Value = batch.ConvertAll(change => change.Row.Partition);
        update.Parameters[1].Value = batch.ConvertAll(change => change.Row.Id);
        update.Parameters[2].Value = batch.ConvertAll(change => change.Row.Version);
        update.Parameters[3].Value = batch.ConvertAll(change => change.Row.Reported);
        update.Parameters[4].Value = batch.ConvertAll(change => change.Row.Metadata);
        update.Parameters[5].Value = batch.ConvertAll(_ => at);
        var written = 0;
        await using var reader = await update.ExecuteReaderAsync();
        while (await reader.ReadAsync()) { written += reader.GetString(0).Length > 0 ? 1 : 0; }
        if (written != batch.Count) { throw new InvalidOperationException($"{written} of {batch.Count} rows were at their versions."); }
    }

    private sealed class Row(int partition, string id, string reported, byte[] metadata)
    {
        internal readonly int Partition = partition;
        internal readonly string Id = id;
        internal readonly string Reported = reported;
        internal readonly byte[] Metadata = metadata;
        internal long Version;
    }

    private sealed class Change(Row row) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal readonly Row Row = row;
    }
}
