namespace Muster.Storage.Sqlite;

/// <summary>A bound statement. Short ones stay prepared on the connection, since queries repeat; long ones would fill its cache.</summary>
internal readonly struct StatementLease : IDisposable
{
    private const int LongestCached = 16 * 1024;

    private readonly bool cached;

    public StatementLease(SqliteDatabase database, CompiledQuery query)
    {
        cached = query.Sql.Length <= LongestCached;
        Statement = cached ? database.Cached(query.Sql) : database.Prepare(query.Sql);
        query.Parameters.BindTo(Statement);
    }

    public SqliteStatement Statement { get; }

    public void Dispose()
    {
        if (cached)
        {
            Statement.Reset();
        }
        else
        {
            Statement.Dispose();
        }
    }
}
