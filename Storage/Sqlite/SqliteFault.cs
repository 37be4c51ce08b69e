using SQLitePCL;

namespace Muster.Storage.Sqlite;

/// <summary>SQLite refused. Does not leave the store: callers see a <see cref="StorageFaultException"/>.</summary>
internal sealed class SqliteFault(int extendedCode, string message) : Exception($"SQLite: {message} ({extendedCode})")
{
    /// <summary>SQLite's primary result code.</summary>
    public int Code { get; } = extendedCode & 0xff;

    /// <summary>True where the fault lies in the one statement (a value too big, a constraint) and not in the database.</summary>
    public bool IsOfOneStatement => Code is raw.SQLITE_TOOBIG or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE or raw.SQLITE_ERROR;

    public bool IsDiskFull => Code == raw.SQLITE_FULL;
}
