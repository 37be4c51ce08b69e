using System.Collections.Immutable;

namespace Muster.Storage.Sqlite;

internal static class SqliteRows
{
    /// <summary>All rows of a statement that is bound; it is reset afterwards.</summary>
    public static ImmutableArray<T> Read<T>(SqliteStatement bound, Func<SqliteStatement, T> row)
    {
        try
        {
            var rows = ImmutableArray.CreateBuilder<T>();
            while (bound.Step())
            {
                rows.Add(row(bound));
            }

            return rows.DrainToImmutable();
        }
        finally
        {
            bound.Reset();
        }
    }
}
