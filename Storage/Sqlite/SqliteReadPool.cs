namespace Muster.Storage.Sqlite;

/// <summary>Read-only connections, each on a thread of its own, so that a long query neither blocks a pool thread nor another's commit.</summary>
internal interface ISqliteReadPool
{
    /// <summary>How many reads run at once.</summary>
    int Threads { get; }

    /// <summary>
    /// Runs <paramref name="read"/> on a connection that sees everything committed before the call. Cancelling interrupts the running
    /// statement.
    /// </summary>
    /// <exception cref="StorageBusyException">Too many reads wait.</exception>
    /// <exception cref="StorageFaultException">SQLite could not read.</exception>
    Task<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken cancellationToken);
}
