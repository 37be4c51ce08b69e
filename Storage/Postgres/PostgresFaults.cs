using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>What an error says of the transaction that met it.</summary>
internal static class PostgresFaults
{
    /// <summary>True if the server said that nothing was written. A server that is ending, or a lost connection, does not say.</summary>
    public static bool IsRolledBack(Exception e) => e is PostgresException { InvariantSeverity: "ERROR" } refused && !IsShutdown(refused.SqlState);

    /// <summary>True if the error is in what was sent, so that other rows would do.</summary>
    public static bool IsOfOneRow(Exception e) => e switch
    {
        // Data, constraints, limits of the program, cardinality; an internal error may be one broken page.
        PostgresException refused => IsRolledBack(e) && refused.SqlState[..2] is "22" or "23" or "54" or "21" or "XX",
        NpgsqlException or TimeoutException or OperationCanceledException or IOException or ObjectDisposedException => false,

        // The values could not be turned into bytes: the batch was never finished.
        _ => true,
    };

    /// <summary>
    /// True if it was rolled back for no fault of its rows and may go again: two transactions met, or a pooler in between forgot what was prepared.
    /// </summary>
    public static bool IsWorthAnotherTry(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.InvalidSqlStatementName;

    public static StorageFaultException Translate(Exception why) => why switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new StorageFullException("The disk of the database is full; nothing was stored.", why),
        _ when IsRolledBack(why) => new StorageFaultException($"The database refused; nothing was stored. {Line(why)}", why),
        _ => new StorageFaultException($"The database did not answer; whether it was written is unknown. {Line(why)}", why),
    };

    /// <summary>Its message without the detail, which may hold a row.</summary>
    public static string Line(Exception why) => (why is PostgresException postgres ? postgres.MessageText : why.Message).ReplaceLineEndings(" ");

    private static bool IsShutdown(string sqlState) => sqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
        || sqlState.StartsWith("08", StringComparison.Ordinal);
}
