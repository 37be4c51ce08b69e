using System.Globalization;
using Muster.Storage.Query;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>
/// The connections of questions over the fleet: as many as may run at once, each of which the server stops when it takes too long; and a few
/// of their own for what is short by nature.
/// </summary>
internal sealed class PostgresQueryPools(Func<string> connectionString, FleetQueryOptions options) : IAsyncDisposable
{
    private const int LookupConnections = 4;

    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(5);

    private readonly Lazy<NpgsqlDataSource> queries = new(() => Source(connectionString(), options.MaxRunning, options.PageTimeout));
    private readonly Lazy<NpgsqlDataSource> lookups = new(() => Source(connectionString(), LookupConnections, LookupTimeout));

    public NpgsqlDataSource Queries => queries.Value;

    public NpgsqlDataSource Lookups => lookups.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in (Lazy<NpgsqlDataSource>[])[queries, lookups])
        {
            if (pool.IsValueCreated)
            {
                await pool.Value.DisposeAsync();
            }
        }
    }

    // Without parallel workers one question keeps one core of the database busy, and the gate's number means something.
    private static NpgsqlDataSource Source(string connectionString, int connections, TimeSpan timeout)
    {
        var settings = PostgresConnection.Parse(connectionString);
        settings.ApplicationName ??= "muster-query";
        settings.Pooling = true;
        settings.MinPoolSize = 0;
        settings.MaxPoolSize = connections;
        settings.MaxAutoPrepare = 0;
        settings.Timeout = 5;
        settings.CommandTimeout = (int)Math.Ceiling(timeout.TotalSeconds) + 5;
        settings.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{PostgresConnection.Bounded(settings.Options, PostgresConnection.AbandonedAfter)} -c statement_timeout={timeout.TotalMilliseconds:0} -c max_parallel_workers_per_gather=0 -c jit=off -c default_transaction_read_only=on");
        return NpgsqlDataSource.Create(settings);
    }
}
