using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Muster.Benchmarks.Server;
using Muster.Devices;
using Muster.Storage;
using Muster.Storage.Sqlite;

namespace Muster.Benchmarks.Peers;

/// <summary>
/// The limit of the twin figure: the same schema, indexes, statement, row bytes, per-row version condition, <c>synchronous</c> and batch limit,
/// with documents prepared beforehand, one writer thread and 1,000 callers; no grain, no merge, no JSON.
/// </summary>
internal sealed class BareSqliteWriter : IDisposable
{
    private const int BatchLimit = 500;
    private readonly BlockingCollection<Update> queue = [];
    private readonly SqliteDatabase database;
    private readonly SqliteDatabase checkpoints;
    private readonly Row[] rows;
    private readonly Thread writer;

    private BareSqliteWriter(SqliteDatabase database, SqliteDatabase checkpoints, Row[] rows)
    {
        this.database = database;
        this.checkpoints = checkpoints;
        this.rows = rows;
        writer = new Thread(Write) { IsBackground = true, Name = "bare writer" };
        writer.Start();
    }

    /// <summary>A copy of the hub's rows in a database of its own.</summary>
    internal static async Task<BareSqliteWriter> OpenAsync(string folder, BenchSilo silo, string prefix, int count)
    {
        var path = Path.Combine(folder, SqliteFile.Name);
        var database = SqliteFile.OpenForWriting(path);
        using var insert = database.Prepare(DeviceSql.Insert);
        var binder = new DeviceRowBinder();
        var rows = new Row[count];
        database.Execute("BEGIN IMMEDIATE");
        for (var i = 0; i < count; i++)
        {
            var state = await silo.ReadRowAsync($"{prefix}{i:D5}");
            rows[i] = new Row(Encoding.UTF8.GetBytes($"{prefix}{i:D5}"), state, 1);
            DeviceRowBinder.BindKey(insert, rows[i].Key);
            insert.Bind(DeviceSql.ParameterOf(DeviceColumn.VirtualPartition), i % 1024);
            binder.Bind(insert, state, 1);
            insert.Execute();
        }

        database.Execute("COMMIT");
        return new BareSqliteWriter(database, SqliteDatabase.Open(path, readOnly: false), rows);
    }

    internal async Task<double> RunAsync(TimeSpan window)
    {
        var began = Stopwatch.GetTimestamp();
        var until = began + (long)(window.TotalSeconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(rows.Select(async row =>
        {
            var count = 0L;
            await Task.Yield();
            while (Stopwatch.GetTimestamp() < until)
            {
                var update = new Update(row);
                queue.Add(update);
                await update.Task;
                count++;
            }

            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public void Dispose()
    {
        queue.CompleteAdding();
        writer.Join();
        database.Dispose();
        checkpoints.Dispose();
    }

    private void Write()
    {
        using var update = database.Prepare(DeviceSql.UpdateUnindexed);
        var (binder, batch, sinceCheckpoint) = (new DeviceRowBinder(), new List<Update>(BatchLimit), 0);
        while (Take(batch))
        {
            database.Execute("BEGIN IMMEDIATE");
            foreach (var operation in batch)
            {
                var row = operation.Row;
                DeviceRowBinder.BindKey(update, row.Key);
                binder.Bind(update, row.State, row.Version + 1);
                update.Bind(DeviceSql.ExpectedVersion, row.Version);
                update.Execute();
                if (database.Changes != 1) { throw new InvalidOperationException("The bare writer's row was not at its version."); }
                row.Version++;
            }

            database.Execute("COMMIT");
            foreach (var operation in batch) { operation.SetResult(); }
            // As often as the store's checkpointer does, so that neither's log grows longer.
            if ((sinceCheckpoint += batch.Count) >= 4096)
            {
                sinceCheckpoint = 0;
                checkpoints.Checkpoint();
            }
        }
    }

    private bool Take(List<Update> batch)
    {
        batch.Clear();
        if (!queue.TryTake(out var first, Timeout.Infinite)) { return false; }
        batch.Add(first);
        while (batch.Count < BatchLimit && queue.TryTake(out var next)) { batch.Add(next); }
        return true;
    }

    private sealed class Row(byte[] key, DeviceState state, long version)
    {
        internal readonly byte[] Key = key;
        internal readonly DeviceState State = state;
        internal long Version = version;
    }

    private sealed class Update(Row row) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal readonly Row Row = row;
    }
}
