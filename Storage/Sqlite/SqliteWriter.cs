using Microsoft.Extensions.Logging;

namespace Muster.Storage.Sqlite;

/// <summary>
/// The one writer: takes what is queued, commits it as one transaction, answers. The time a commit takes is what gathers the next batch, so
/// nothing lingers.
/// </summary>
internal sealed partial class SqliteWriter
{
    private const int Capacity = 65_536;
    private static readonly BatchLimit<IWriteOperation> Limit = new(500, 1 << 20, static operation => operation.Bytes);

    private readonly WorkQueue<IWriteOperation> queue = new(Capacity);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteDatabase database;
    private readonly WriteSession session;
    private readonly SqliteCheckpointer checkpointer;
    private readonly ILogger logger;
    private readonly SqliteStatement begin;
    private readonly SqliteStatement commit;
    private long taken;
    private long finished;

    public SqliteWriter(SqliteDatabase database, SqliteCheckpointer checkpointer, TimeProvider clock, ILogger logger)
    {
        this.database = database;
        this.checkpointer = checkpointer;
        this.logger = logger;
        session = new WriteSession(database, new DeviceTable(database, clock), new DocumentTable(database, clock));
        begin = database.Prepare("BEGIN IMMEDIATE");
        commit = database.Prepare("COMMIT");
        new Thread(Run) { IsBackground = true, Name = "Muster SQLite writer" }.Start();
    }

    /// <summary>True if everything that was added is committed or has failed.</summary>
    public bool IsIdle => Volatile.Read(ref finished) == Volatile.Read(ref taken);

    public void Add(IWriteOperation operation)
    {
        Interlocked.Increment(ref taken);
        try
        {
            queue.Add(operation);
        }
        catch
        {
            Interlocked.Increment(ref finished);
            throw;
        }
    }

    /// <summary>Takes nothing more in, commits what is queued and closes the connection.</summary>
    public Task CloseAsync()
    {
        queue.Close();
        return ended.Task;
    }

    private void Run()
    {
        var batch = new List<IWriteOperation>(Limit.Items);
        while (queue.Take(batch, Limit))
        {
            var size = batch.Count;
            var committed = Commit(batch);
            Interlocked.Add(ref finished, size);
            if (committed)
            {
                checkpointer.Committed(batch.Count, database);
                ThreadPool.UnsafeQueueUserWorkItem(new Answers(batch), preferLocal: false);
                batch = new List<IWriteOperation>(Limit.Items);
            }

            batch.Clear();
        }

        database.Dispose();
        ended.SetResult();
    }

    /// <summary>Commits the batch; operations that are at fault themselves are answered, taken out, and the rest starts over.</summary>
    private bool Commit(List<IWriteOperation> batch)
    {
        while (batch.Count > 0)
        {
            var current = -1;
            try
            {
                begin.Execute();
                for (current = 0; current < batch.Count; current++)
                {
                    batch[current].Apply(session);
                }

                commit.Execute();
                return true;
            }
            catch (Exception e) when (current >= 0 && current < batch.Count && IsOfOneOperation(e))
            {
                RollBack();
                batch[current].Failed(new StorageFaultException($"The row cannot be stored: {e.Message}", e));
                batch.RemoveAt(current);
            }
            catch (Exception e)
            {
                RollBack();
                Fail(batch, e);
                return false;
            }
        }

        return false;
    }

    private static bool IsOfOneOperation(Exception e) => e is not SqliteFault fault || fault.IsOfOneStatement;

    private void Fail(List<IWriteOperation> batch, Exception why)
    {
        LogBatchFailed(why, batch.Count);
        var answer = Translate(why);
        foreach (var operation in batch)
        {
            operation.Failed(answer);
        }
    }

    private static StorageFaultException Translate(Exception why) => why is SqliteFault { IsDiskFull: true }
        ? new StorageFullException("The disk of the data folder is full; nothing was stored.", why)
        : new StorageFaultException($"The store could not commit; whether it was written is unknown. {why.Message}", why);

    private void RollBack()
    {
        try
        {
            if (database.InTransaction)
            {
                database.Execute("ROLLBACK");
            }
        }
        catch (SqliteFault e)
        {
            LogRollbackFailed(e);
        }
    }

    [LoggerMessage(EventId = 7001, Level = LogLevel.Error, Message = "A batch of {Count} writes failed")]
    private partial void LogBatchFailed(Exception why, int count);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Error, Message = "A failed batch could not be rolled back")]
    private partial void LogRollbackFailed(Exception why);

    // Waking a thousand grains from the writer thread would keep it from the next batch.
    private sealed class Answers(List<IWriteOperation> batch) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            foreach (var operation in batch)
            {
                operation.Committed();
            }
        }
    }
}
