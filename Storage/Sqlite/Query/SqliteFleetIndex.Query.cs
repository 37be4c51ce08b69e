using Muster.Fleet;
using Muster.Query;

namespace Muster.Storage.Sqlite;

internal sealed partial class SqliteFleetIndex
{
    public Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken) =>
        throw new QueryException("Queries are not compiled yet.", 0);
}
