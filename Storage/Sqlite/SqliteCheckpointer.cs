using Microsoft.Extensions.Logging;

namespace Muster.Storage.Sqlite;

/// <summary>
/// Copies the write-ahead log into the database, on a connection and thread of its own so that no commit waits for it. Only what is left
/// when the log has grown long is copied by the writer between two batches: while others write, a log never becomes free to start over.
/// </summary>
internal sealed partial class SqliteCheckpointer : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly CheckpointLimits limits;
    private readonly ILogger logger;
    private readonly object gate = new();
    private readonly Thread thread;
    private long written;
    private bool due;
    private bool closed;
    private volatile bool logIsLong;

    public SqliteCheckpointer(SqliteDatabase database, CheckpointLimits limits, ILogger logger)
    {
        this.limits = limits;
        this.database = database;
        this.logger = logger;
        thread = new Thread(Run) { IsBackground = true, Name = "Muster SQLite checkpoints" };
        thread.Start();
    }

    /// <summary>The writer tells of each commit, on its own thread.</summary>
    public void Committed(int rows, SqliteDatabase writer)
    {
        // A row dirties a page, whatever its size.
        written += rows * 4096L;
        if (logIsLong)
        {
            logIsLong = false;
            TryCheckpoint(writer);
        }

        if (written >= limits.Every)
        {
            written = 0;
            lock (gate)
            {
                due = true;
                Monitor.Pulse(gate);
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }

        thread.Join();
        database.Dispose();
    }

    private void Run()
    {
        while (WaitUntilDue())
        {
            logIsLong = TryCheckpoint(database) > limits.LongLogFrames;
        }
    }

    private bool WaitUntilDue()
    {
        lock (gate)
        {
            while (!due && !closed)
            {
                Monitor.Wait(gate);
            }

            due = false;
            return !closed;
        }
    }

    private int TryCheckpoint(SqliteDatabase connection)
    {
        try
        {
            return connection.Checkpoint();
        }
        catch (SqliteFault e)
        {
            LogCheckpointFailed(e);
            return 0;
        }
    }

    [LoggerMessage(EventId = 7003, Level = LogLevel.Warning, Message = "A checkpoint failed; the write-ahead log grows until one succeeds")]
    private partial void LogCheckpointFailed(Exception why);
}

/// <summary>When to copy the log.</summary>
/// <param name="Every">After how many bytes that were written.</param>
/// <param name="LongLogFrames">From how many pages on the writer helps to make the log start over.</param>
internal sealed record CheckpointLimits(long Every = 16 << 20, int LongLogFrames = 8192);
