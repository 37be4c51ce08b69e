using System.Text.Json;
using Muster.Fleet;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>Reads a page on one of the store's read connections.</summary>
internal sealed class SqliteQueryEngine(ISqliteReadPool reads, FleetQueryOptions options) : IQueryEngine
{
    public Task<QueryPage> PageAsync(PageRequest page, CancellationToken cancellationToken) =>
        reads.ReadAsync(database => Read(database, page), cancellationToken);

    /// <summary>The statement for a page.</summary>
    public static CompiledQuery Compile(SqliteDatabase database, PageRequest page)
    {
        var access = AccessPathChooser.Choose(database, page.Query.Where);
        return page.Query.Aggregates
            ? SqliteQueryCompiler.Groups(page.Query, access, page.Start.After, page.Rows)
            : SqliteQueryCompiler.Rows(page.Query, access, page.Start.After, page.Rows);
    }

    private QueryPage Read(SqliteDatabase database, PageRequest page)
    {
        using var items = new QueryPageWriter(page, options.MaxPageBytes);
        using var lease = new StatementLease(database, Compile(database, page));
        var row = new Row(lease.Statement, page.Query.GroupBy.Length);
        while (lease.Statement.Step() && items.TryAdd(row))
        {
        }

        return items.End();
    }

    // Of a group: two columns for each key, then one for each aggregate.
    private sealed class Row(SqliteStatement statement, int keys) : IQueryRow
    {
        private readonly SqliteRowReader rows = new();

        public long Id => rows.Id(statement);

        public DeviceRow Device() => rows.Read(statement);

        public void WriteKey(Utf8JsonWriter to, JsonEncodedText name, int key) => GroupKey.Write(to, name, statement, 2 * key);

        public void WriteAggregate(Utf8JsonWriter to, JsonEncodedText name, int aggregate)
        {
            var column = (2 * keys) + aggregate;
            if (!statement.IsNull(column))
            {
                to.WritePropertyName(name);
                GroupKey.WriteValue(to, statement, column);
            }
        }
    }
}
