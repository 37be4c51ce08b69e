using Muster.Storage.Query;

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
        Bind(query.Parameters);
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

    private void Bind(SqlParameters parameters)
    {
        for (var i = 0; i < parameters.Values.Count; i++)
        {
            switch (parameters.Values[i])
            {
                case long number:
                    Statement.Bind(i + 1, number);
                    break;
                case double number:
                    Statement.Bind(i + 1, number);
                    break;
                case var text:
                    Statement.BindText(i + 1, (string)text);
                    break;
            }
        }
    }
}
