using Muster.Fleet;
using Muster.Json;
using Muster.Query;

namespace Muster.Storage.Sqlite;

/// <summary>Runs queries on the store's read connections, a page at a time. Thread-safe.</summary>
internal sealed class TwinQueryRunner(ISqliteReadPool reads, SqliteQueryOptions options, TimeProvider clock)
{
    /// <summary>IoT Hub's largest page.</summary>
    public const int MaxPageSize = 1000;

    /// <exception cref="QueryException">
    /// The continuation is not of this query, the page size is none, the query cannot be compiled, or it ran out of time.
    /// </exception>
    public async Task<QueryPage> RunAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken)
    {
        if (pageSize is < 1 or > MaxPageSize)
        {
            throw new QueryException($"A page has 1 to {MaxPageSize} items.", -1);
        }

        var start = QueryContinuation.Parse(continuation, query);
        if (query.Source == QuerySource.Jobs)
        {
            return new QueryPage(QueryItemType.DeviceJob, JsonUtf8.Parse("[]"), null);
        }

        using var timeout = new CancellationTokenSource(options.PageTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await reads.ReadAsync(database => Page(database, query, pageSize, start), either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new QueryException($"The query was stopped after {options.PageTimeout.TotalSeconds:0.#} s: narrow its condition.", -1);
        }
    }

    private QueryPage Page(SqliteDatabase database, TwinQuery query, int pageSize, QueryContinuation start)
    {
        var size = (int)Math.Min(pageSize, (query.Top ?? long.MaxValue) - start.Returned);
        if (size <= 0)
        {
            return new QueryPage(query.SelectsAll ? QueryItemType.Twin : QueryItemType.Raw, JsonUtf8.Parse("[]"), null);
        }

        // One row more than the page tells whether there is another.
        var access = AccessPathChooser.Choose(database, query.Where);
        var compiled = query.Aggregates ? QueryCompiler.Groups(query, access, start.After, size + 1) : QueryCompiler.Rows(query, access, start.After, size + 1);
        using var page = new QueryPageWriter(query, options.MaxPageBytes, size);
        using var statement = new StatementLease(database, compiled);
        return page.Fill(statement.Statement, start);
    }
}
