using Muster.Fleet;
using Muster.Json;
using Muster.Query;

namespace Muster.Storage.Query;

/// <summary>Which page of a query is wanted.</summary>
/// <param name="Size">The most items, at least 1.</param>
internal sealed record PageRequest(TwinQuery Query, int Size, QueryContinuation Start)
{
    /// <summary>One row more than the page tells whether there is another.</summary>
    public int Rows => Size + 1;
}

/// <summary>What an engine does for a query: it reads one page.</summary>
internal interface IQueryEngine
{
    Task<QueryPage> PageAsync(PageRequest page, CancellationToken cancellationToken);
}

/// <summary>Runs queries through the gate, a page at a time. Thread-safe.</summary>
internal sealed class TwinQueryRunner(IQueryEngine engine, QueryGate gate, FleetQueryOptions options)
{
    /// <summary>IoT Hub's largest page.</summary>
    public const int MaxPageSize = 1000;

    /// <exception cref="QueryException">
    /// The continuation is not of this query, the page size is none, the query cannot be compiled, or it gives too many groups.
    /// </exception>
    /// <exception cref="FleetBusyException">It had no turn or ran out of time.</exception>
    public Task<QueryPage> RunAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken)
    {
        if (pageSize is < 1 or > MaxPageSize)
        {
            throw new QueryException($"A page has 1 to {MaxPageSize} items.", -1);
        }

        var start = QueryContinuation.Parse(continuation, query);
        if (query.Source == QuerySource.Jobs)
        {
            return Task.FromResult(new QueryPage(QueryItemType.DeviceJob, JsonUtf8.Parse("[]"), null));
        }

        if (query.Aggregates && start.After >= options.MaxGroups)
        {
            throw new QueryException($"The query gives more than {options.MaxGroups} groups: narrow its condition.", -1);
        }

        var size = (int)Math.Min(pageSize, (query.Top ?? long.MaxValue) - start.Returned);
        return size <= 0
            ? Task.FromResult(new QueryPage(query.SelectsAll ? QueryItemType.Twin : QueryItemType.Raw, JsonUtf8.Parse("[]"), null))
            : gate.RunAsync(cancel => engine.PageAsync(new PageRequest(query, size, start), cancel), cancellationToken);
    }
}
