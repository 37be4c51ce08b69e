using Muster.Fleet;
using Muster.Storage.Query;

namespace Muster.Storage.Postgres;

/// <summary>Reads a page as its rows come in: of a large answer no more than the page is in memory.</summary>
internal sealed class PostgresQueryEngine(PostgresQueryPools pools, FleetQueryOptions options) : IQueryEngine
{
    public Task<QueryPage> PageAsync(PageRequest page, CancellationToken cancellationToken) => PostgresRead.RunAsync(
        pools.Queries,
        PostgresQueryCompiler.Compile(page),
        async reader =>
        {
            using var items = new QueryPageWriter(page, options.MaxPageBytes);
            var row = new PostgresRow(reader, page.Query.GroupBy.Length);
            while (await reader.ReadAsync(cancellationToken) && items.TryAdd(row))
            {
            }

            return items.End();
        },
        cancellationToken);
}
