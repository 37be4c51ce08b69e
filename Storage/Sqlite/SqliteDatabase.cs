using SQLitePCL;

namespace Muster.Storage.Sqlite;

/// <summary>One connection. Not thread-safe: it belongs to one thread.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int MaxCachedStatements = 64;
    private const int OperationsBetweenLooks = 4000;

    private readonly sqlite3 handle;
    private readonly Dictionary<string, SqliteStatement> statements = new(StringComparer.Ordinal);

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 handle) => this.handle = handle;

    public long LastInsertId => raw.sqlite3_last_insert_rowid(handle);

    /// <summary>Rows that the last INSERT, UPDATE or DELETE changed.</summary>
    public int Changes => raw.sqlite3_changes(handle);

    /// <summary>Ends what runs; see <see cref="Heed"/>.</summary>
    public CancellationToken Cancellation { get; set; }

    public bool InTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    /// <exception cref="SqliteFault">There is no such file, or it may not be opened.</exception>
    public static SqliteDatabase Open(string path, bool readOnly)
    {
        // Each connection stays on one thread, so SQLite's own mutexes would only cost.
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (result != raw.SQLITE_OK)
        {
            var fault = new SqliteFault(result, raw.sqlite3_errstr(result).utf8_to_string());
            handle?.Dispose();
            throw fault;
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, 10_000);
        return new SqliteDatabase(handle);
    }

    /// <summary>Runs statements without parameters and without a result.</summary>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(handle, sql) is var result && result != raw.SQLITE_OK)
        {
            throw Fault(result);
        }
    }

    /// <summary>The first column of the first row as a number; null if there is no row.</summary>
    public long? Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : null;
    }

    /// <summary>A statement of the caller's own; the caller disposes it.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var result = raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        return result == raw.SQLITE_OK ? new SqliteStatement(this, statement) : throw Fault(result);
    }

    /// <summary>A statement that the connection keeps prepared: reset it after use, do not dispose it.</summary>
    public SqliteStatement Cached(string sql)
    {
        if (statements.TryGetValue(sql, out var statement))
        {
            return statement;
        }

        if (statements.Count >= MaxCachedStatements)
        {
            ForgetStatements();
        }

        return statements[sql] = Prepare(sql);
    }

    /// <summary>Copies what it can of the write-ahead log into the database without waiting for anyone.</summary>
    /// <returns>Frames in the log.</returns>
    public int Checkpoint()
    {
        var result = raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var frames, out _);
        return result is raw.SQLITE_OK or raw.SQLITE_BUSY ? frames : throw Fault(result);
    }

    /// <summary>
    /// Statements of this connection fail with SQLITE_INTERRUPT once <see cref="Cancellation"/> is cancelled, also one that starts only
    /// then, which <c>sqlite3_interrupt</c> would miss.
    /// </summary>
    public void Heed() => raw.sqlite3_progress_handler(handle, OperationsBetweenLooks, _ => Cancellation.IsCancellationRequested ? 1 : 0, null);

    public void Dispose()
    {
        ForgetStatements();
        handle.Dispose();
    }

    internal SqliteFault Fault(int result) => new(result, raw.sqlite3_errmsg(handle).utf8_to_string());

    private void ForgetStatements()
    {
        foreach (var statement in statements.Values)
        {
            statement.Dispose();
        }

        statements.Clear();
    }
}
