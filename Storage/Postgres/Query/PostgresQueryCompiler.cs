using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Muster.Query;
using Muster.Storage.Query;
using Muster.Telemetry;
using Muster.Updates;

namespace Muster.Storage.Postgres;

/// <summary>Queries to SQL over the device table. Which of the paths to the rows is taken is left to PostgreSQL, which has statistics.</summary>
internal sealed class PostgresQueryCompiler
{
    // Each value is a look-up of its own in the index; so many rows that all of them match are better read in order.
    private const int MostIndexedValues = 64;

    private readonly TwinQuery query;
    private readonly PostgresDialect dialect = new();
    private readonly ConditionCompiler conditions;

    private PostgresQueryCompiler(TwinQuery query)
    {
        this.query = query;
        conditions = new ConditionCompiler(dialect);
    }

    public static CompiledQuery Compile(PageRequest page) =>
        page.Query.Aggregates ? new PostgresQueryCompiler(page.Query).Groups(page) : new PostgresQueryCompiler(page.Query).Rows(page);

    /// <summary>A page of devices by id, with what a plan looks at.</summary>
    public static CompiledQuery Candidates(TwinQuery query, CandidatePage page) =>
        new PostgresQueryCompiler(query with { Source = QuerySource.Devices }).Find(page);

    private CompiledQuery Find(CandidatePage page)
    {
        var columns = CandidateColumns.Of(dialect, conditions, page);
        var only = page.DeviceIds is { } ids ? $"{Keys([.. ids])} AND " : "";
        var where = Where($"d.device_id>{dialect.Parameters.Add(page.After ?? "")} AND {only}");
        return Done($"SELECT {columns} FROM {From}{where} ORDER BY d.device_id LIMIT {dialect.Parameters.Add((long)page.Limit)}");
    }

    private CompiledQuery Rows(PageRequest page)
    {
        var where = Where($"d.id>{dialect.Parameters.Add(page.Start.After)} AND ");
        return Done($"SELECT {PostgresRow.Columns} FROM {From}{where} ORDER BY d.id LIMIT {dialect.Parameters.Add((long)page.Rows)}");
    }

    private CompiledQuery Groups(PageRequest page)
    {
        var columns = new List<string>();
        foreach (var path in query.GroupBy)
        {
            columns.AddRange(PostgresGroupKey.Compile(conditions.Place(path), path));
        }

        var keys = string.Join(',', Enumerable.Range(1, columns.Count).Select(number => number.ToString(CultureInfo.InvariantCulture)));
        var grouping = keys.Length == 0 ? "" : $" GROUP BY {keys} ORDER BY {keys}";
        columns.AddRange(query.Items.OfType<SelectItem.Aggregate>().SelectMany(Aggregate));
        var where = Where("");
        var limit = $" LIMIT {dialect.Parameters.Add((long)page.Rows)} OFFSET {dialect.Parameters.Add(page.Start.After)}";
        return Done($"SELECT {string.Join(',', columns)} FROM {From}{where}{grouping}{limit}");
    }

    // Two columns, number and text: the one that is defined is the value.
    private string[] Aggregate(SelectItem.Aggregate aggregate)
    {
        var value = aggregate.Argument is { } path ? conditions.Place(path) : SqlValue.Undefined;
        var (number, text) = (value.Number is { } sql ? $"({sql})::float8" : "NULL::float8", value.Text ?? "NULL::text");
        return aggregate.Function switch
        {
            AggregateFunction.Count => ["count(*)::float8", "NULL::text"],
            AggregateFunction.Average => [$"muster_sum({number})/count({number})", "NULL::text"],
            AggregateFunction.Sum => [$"muster_sum({number})", "NULL::text"],
            AggregateFunction.Minimum => [$"min({number})", $"min({text})"],
            _ => [$"max({number})", $"max({text})"],
        };
    }

    private CompiledQuery Done(string sql) => new(sql, dialect.Parameters);

    private string From => "device d" + dialect.Documents;

    private string Where(string first)
    {
        var source = query.Source == QuerySource.Modules ? "d.module_id>''" : "d.module_id=''";
        var condition = query.Where is { } where ? $" AND {conditions.Condition(where)}" : "";
        return $" WHERE {first}{source}{string.Concat(AccessPath.Offers(query.Where).Select(Narrow))}{condition}";
    }

    private string Narrow(AccessPath path) => path switch
    {
        AccessPath.ByDeviceId ids => " AND " + Keys(ids.DeviceIds),
        AccessPath.ByTag { Values.Length: > 0 and <= MostIndexedValues } tag =>
            $" AND ({string.Join(" OR ", tag.Values.Select(value => $"d.tags_index @> {dialect.Parameters.Append(Containing(tag.Segments, value))}"))})",
        _ => "",
    };

    // The key begins with the partition, which the id tells.
    private string Keys(ImmutableArray<string> deviceIds)
    {
        string[] possible = [.. deviceIds.Where(id => id.Length is > 0 and <= 128 && !id.Contains('\0', StringComparison.Ordinal))];
        int[] partitions = [.. possible.Select(PartitionHash.VirtualPartition)];
        return $"(d.virtual_partition,d.device_id) IN (SELECT * FROM unnest({dialect.Parameters.Append(partitions)},{dialect.Parameters.Append(possible)}))";
    }

    private static JsonContainment Containing(ImmutableArray<string> segments, QueryConstant value)
    {
        JsonNode? node = value switch
        {
            QueryConstant.Text text => JsonValue.Create(JsonbText.Encode(text.Value)),
            QueryConstant.Number number => JsonValue.Create(number.Value),
            QueryConstant.Boolean boolean => JsonValue.Create(boolean.Value),
            _ => throw new NotSupportedException(value.GetType().Name),
        };
        foreach (var name in segments.Reverse())
        {
            node = new JsonObject { [JsonbText.Encode(name)] = node };
        }

        return new JsonContainment(node!.ToJsonString());
    }
}

/// <summary>A document that a row's tags are to contain.</summary>
internal sealed record JsonContainment(string Json);
