using System.Collections.Immutable;
using System.Text.Json;
using Muster.Query;
using Muster.Storage.Query;
using Muster.Updates;

namespace Muster.Storage.Sqlite;

/// <summary>
/// Finds the devices that a rollout could have. In the order of ids, so that a page reads no more rows than it needs to fill, unless a condition on a tag
/// leaves few.
/// </summary>
internal static class SqliteCandidates
{
    private const string ById = $"{Schema.DeviceTable} d INDEXED BY device_key";

    public static ImmutableArray<TargetCandidate> Read(SqliteDatabase database, TwinQuery query, CandidatePage page)
    {
        var access = AccessPathChooser.Choose(database, query.Where);
        if (access is AccessPath.ByTag tag && !AccessPathChooser.IsNarrow(database, tag))
        {
            access = new AccessPath.Scan();
        }

        using var lease = new StatementLease(database, Compile(query, page, access));
        return SqliteRows.Read(lease.Statement, Candidate);
    }

    private static CompiledQuery Compile(TwinQuery query, CandidatePage page, AccessPath access)
    {
        var dialect = new SqliteDialect();
        var conditions = new ConditionCompiler(dialect);
        var parameters = dialect.Parameters;
        var columns = CandidateColumns.Of(dialect, conditions, page);
        var after = $"d.device_id>{parameters.Add(page.After ?? "")}";
        var only = page.DeviceIds is { } ids ? $" AND d.device_id IN (SELECT value FROM json_each({parameters.Add(JsonSerializer.Serialize(ids))}))" : "";
        var where = query.Where is { } condition ? $" AND {conditions.Condition(condition)}" : "";
        var (from, reach) = Reach(access, parameters);
        return new CompiledQuery(
            $"SELECT {columns} FROM {from} WHERE {reach}{after}{only} AND d.module_id=''{where} ORDER BY d.device_id LIMIT {parameters.Add((long)page.Limit)}",
            parameters);
    }

    private static (string From, string Reach) Reach(AccessPath access, SqlParameters parameters) => access switch
    {
        AccessPath.ByTag tag => ($"{Schema.TagTable} t CROSS JOIN {Schema.DeviceTable} d ON d.id=t.device", $"({TagCondition.Compile(tag, parameters)}) AND "),
        AccessPath.ByDeviceId ids => (ById, $"d.device_id IN ({string.Join(',', ids.DeviceIds.Select(parameters.Add))}) AND "),
        _ => (ById, ""),
    };

    private static TargetCandidate Candidate(SqliteStatement row) => new(
        row.TextOrNull(0)!, row.TextOrNull(1)!, row.Int64(2) != 0, row.TextOrNull(3), row.TextOrNull(4), row.TextOrNull(5), (int)row.Int64(6));
}
