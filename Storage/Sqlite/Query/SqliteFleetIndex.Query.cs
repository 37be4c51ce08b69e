using Muster.Fleet;
using Muster.Query;

namespace Muster.Storage.Sqlite;

internal sealed partial class SqliteFleetIndex
{
    private readonly TwinQueryRunner queries = new(reads, options?.Value ?? new SqliteQueryOptions(), clock ?? TimeProvider.System);

    public Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken) =>
        queries.RunAsync(query, pageSize, continuation, cancellationToken);
}
