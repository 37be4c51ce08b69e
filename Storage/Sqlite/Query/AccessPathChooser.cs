using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>
/// Chooses among the paths that a condition offers by looking how many rows each has, up to a bound: SQLite's planner
/// has no statistics here and would sort a fleet to use an index that matches all of it.
/// </summary>
internal static class AccessPathChooser
{
    private const int MostLookedAt = 4;
    private const int MostCounted = 1000;

    public static AccessPath Choose(SqliteDatabase database, QueryExpression? condition)
    {
        var offers = AccessPath.Offers(condition);
        if (offers.OfType<AccessPath.ByDeviceId>().FirstOrDefault() is { } byId)
        {
            return byId;
        }

        var tags = offers.OfType<AccessPath.ByTag>().Take(MostLookedAt).ToList();
        return tags.Count > 1 ? tags.MinBy(tag => Count(database, tag))! : tags.Count == 1 ? tags[0] : new AccessPath.Scan();
    }

    /// <summary>True if so few rows have the tag that to sort them is nothing.</summary>
    public static bool IsNarrow(SqliteDatabase database, AccessPath.ByTag tag) => Count(database, tag) < MostCounted;

    private static long Count(SqliteDatabase database, AccessPath.ByTag tag)
    {
        var parameters = new SqlParameters('?');
        var sql = $"SELECT count(*) FROM (SELECT 1 FROM {Schema.TagTable} t WHERE {TagCondition.Compile(tag, parameters)} LIMIT {MostCounted})";
        using var lease = new StatementLease(database, new CompiledQuery(sql, parameters));
        return lease.Statement.Step() ? lease.Statement.Int64(0) : 0;
    }
}
