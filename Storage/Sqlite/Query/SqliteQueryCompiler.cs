using System.Globalization;
using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>Queries to SQL over the device table.</summary>
internal sealed class SqliteQueryCompiler
{
    private static readonly string RowColumns = string.Join(", ", Schema.ColumnNames.Select(name => "d." + name));

    private readonly TwinQuery query;
    private readonly AccessPath access;
    private readonly SqlParameters parameters;
    private readonly ConditionCompiler conditions;

    private SqliteQueryCompiler(TwinQuery query, AccessPath access)
    {
        this.query = query;
        this.access = access;
        var dialect = new SqliteDialect();
        parameters = dialect.Parameters;
        conditions = new ConditionCompiler(dialect);
    }

    /// <summary>Rows with an id above <paramref name="after"/>, by id, at most <paramref name="limit"/>.</summary>
    public static CompiledQuery Rows(TwinQuery query, AccessPath access, long after, int limit) =>
        new SqliteQueryCompiler(query, access).CompileRows(after, limit);

    /// <summary>Groups from number <paramref name="skip"/> on, in a fixed order, at most <paramref name="limit"/>.</summary>
    public static CompiledQuery Groups(TwinQuery query, AccessPath access, long skip, int limit) =>
        new SqliteQueryCompiler(query, access).CompileGroups(skip, limit);

    private CompiledQuery CompileRows(long after, int limit)
    {
        var sql = $"SELECT {RowColumns} FROM {From} WHERE {Reach(parameters.Add(after))}{Condition} ORDER BY {Order} LIMIT {parameters.Add((long)limit)}";
        return new CompiledQuery(sql, parameters);
    }

    private CompiledQuery CompileGroups(long skip, int limit)
    {
        var (columns, keys) = GroupColumns();
        var grouping = keys.Length == 0 ? "" : $" GROUP BY {keys} ORDER BY {keys}";
        var sql = $"SELECT {columns} FROM {From} WHERE {Reach("0")}{Condition}{grouping}";
        return new CompiledQuery($"{sql} LIMIT {parameters.Add((long)limit)} OFFSET {parameters.Add(skip)}", parameters);
    }

    // Every key is a rank and a value, so that null, missing and 0 are groups of their own, and 1 and 1.0 are one.
    private (string Columns, string Keys) GroupColumns()
    {
        var columns = new List<string>();
        foreach (var path in query.GroupBy)
        {
            var (rank, value) = GroupKey.Compile(conditions.Place(path), path);
            columns.AddRange([rank, value]);
        }

        var keys = string.Join(',', Enumerable.Range(1, columns.Count).Select(number => number.ToString(CultureInfo.InvariantCulture)));
        columns.AddRange(query.Items.OfType<SelectItem.Aggregate>().Select(Aggregate));
        return (string.Join(',', columns), keys);
    }

    private string Aggregate(SelectItem.Aggregate aggregate)
    {
        var value = aggregate.Argument is { } path ? conditions.Place(path) : SqlValue.Undefined;
        var (number, text) = (value.Number ?? "NULL", value.Text ?? "NULL");
        return aggregate.Function switch
        {
            AggregateFunction.Count => "count(*)",
            AggregateFunction.Average => $"avg({number})",
            AggregateFunction.Sum => $"sum(CAST({number} AS REAL))",
            AggregateFunction.Minimum => $"COALESCE(min({number}),min({text}))",
            _ => $"COALESCE(max({number}),max({text}))",
        };
    }

    private string Condition => (query.Source == QuerySource.Modules ? "d.module_id>''" : "d.module_id=''")
        + (query.Where is { } where ? $" AND {conditions.Condition(where)}" : "");

    private string Order => access is AccessPath.ByTag { Values.Length: 1 } ? "t.device" : "d.id";

    private string From => access switch
    {
        AccessPath.ByTag => $"{Schema.TagTable} t CROSS JOIN {Schema.DeviceTable} d ON d.id=t.device",
        AccessPath.ByDeviceId => $"{Schema.DeviceTable} d INDEXED BY device_key",
        _ => query.Aggregates ? $"{Schema.DeviceTable} d" : $"{Schema.DeviceTable} d NOT INDEXED",
    };

    private string Reach(string after) => access switch
    {
        AccessPath.ByTag tag => $"({TagCondition.Compile(tag, parameters)}) AND t.device>{after} AND ",
        AccessPath.ByDeviceId ids => $"d.device_id IN ({string.Join(',', ids.DeviceIds.Select(parameters.Add))}) AND d.id>{after} AND ",
        _ => query.Aggregates ? "" : $"d.id>{after} AND ",
    };
}
