namespace Muster.Storage.Sqlite;

/// <summary>
/// A few read-only connections, each on a thread of its own. What waits is taken in batches that share one snapshot.
/// </summary>
internal sealed class SqliteReaders : ISqliteReadPool
{
    private readonly WorkQueue<SqliteRead> queue;
    private readonly BatchLimit<SqliteRead> limit;
    private readonly List<SqliteDatabase> connections = [];
    private readonly List<Task> ended = [];

    /// <param name="open">Opens one connection.</param>
    /// <param name="threads">How many reads run at once.</param>
    /// <param name="batch">How many reads share a snapshot: 1 where one may take long.</param>
    /// <param name="capacity">How many may wait.</param>
    public SqliteReaders(Func<SqliteDatabase> open, int threads, int batch, int capacity)
    {
        queue = new WorkQueue<SqliteRead>(capacity);
        limit = BatchLimit<SqliteRead>.Of(batch);
        for (var i = 0; i < threads; i++)
        {
            var database = open();
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            connections.Add(database);
            ended.Add(end.Task);
            new Thread(() => Run(database, end)) { IsBackground = true, Name = "Muster SQLite reader" }.Start();
        }
    }

    public int Threads => connections.Count;

    public void Add(SqliteRead read) => queue.Add(read);

    public async Task<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var operation = new FunctionRead<T>(read, cancellationToken);
        await using var registration = cancellationToken.UnsafeRegister(static state => ((FunctionRead<T>)state!).Cancel(), operation);
        queue.Add(operation);
        return await operation.Answer;
    }

    /// <summary>Takes no more reads, finishes those that wait and closes the connections.</summary>
    public Task CloseAsync()
    {
        queue.Close();
        return Task.WhenAll(ended);
    }

    private void Run(SqliteDatabase database, TaskCompletionSource end)
    {
        var batch = new List<SqliteRead>(limit.Items);
        while (queue.Take(batch, limit))
        {
            Read(database, batch);
            batch.Clear();
        }

        database.Dispose();
        end.SetResult();
    }

    private static void Read(SqliteDatabase database, List<SqliteRead> batch)
    {
        var snapshot = batch.Count > 1 && TryExecute(database, "BEGIN");
        foreach (var read in batch)
        {
            try
            {
                read.Run(database);
            }
            catch (SqliteFault e)
            {
                read.Failed(new StorageFaultException($"The store could not read. {e.Message}", e));
            }
            catch (Exception e)
            {
                read.Failed(e);
            }
        }

        if (snapshot)
        {
            TryExecute(database, "COMMIT");
        }
    }

    // Without a common snapshot each read has its own, which is as right.
    private static bool TryExecute(SqliteDatabase database, string sql)
    {
        try
        {
            database.Cached(sql).Execute();
            return true;
        }
        catch (SqliteFault)
        {
            return false;
        }
    }
}

/// <summary>Something that a read connection does.</summary>
internal abstract class SqliteRead
{
    public abstract void Run(SqliteDatabase database);

    public abstract void Failed(Exception why);
}

/// <summary>A read given as a function; cancelling ends it, whether it waits or runs.</summary>
internal sealed class FunctionRead<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken) : SqliteRead
{
    private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Answer => answer.Task;

    public void Cancel() => answer.TrySetCanceled(cancellationToken);

    public override void Run(SqliteDatabase database)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        database.Cancellation = cancellationToken;
        try
        {
            answer.TrySetResult(read(database));
        }
        finally
        {
            database.Cancellation = default;
        }
    }

    public override void Failed(Exception why) => answer.TrySetException(why);
}
