using System.Collections.Immutable;
using Muster.Devices;
using Muster.Fleet;
using Muster.Query;
using Muster.Storage.Query;
using Muster.Telemetry;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>Questions over all rows of the cluster, through this silo's gate; what is small by nature has connections of its own.</summary>
internal sealed class PostgresFleetIndex : IFleetIndex, IAsyncDisposable
{
    private static readonly string ListDevices = $"SELECT {PostgresRow.Columns} FROM device d WHERE d.module_id='' ORDER BY d.id LIMIT $1";

    private static readonly string ListModules =
        $"SELECT {PostgresRow.Columns} FROM device d WHERE d.virtual_partition=$1 AND d.device_id=$2 AND d.module_id>'' ORDER BY d.module_id";

    private const string Count = "SELECT status,connection_state,count(*) FROM device WHERE module_id='' GROUP BY status,connection_state";

    private readonly PostgresQueryPools pools;
    private readonly QueryGate gate;
    private readonly TwinQueryRunner queries;

    /// <param name="connectionString">Asked for when the first question comes.</param>
    /// <param name="options">What bounds questions.</param>
    /// <param name="clock">For the gate; the server has its own time-out.</param>
    public PostgresFleetIndex(Func<string> connectionString, FleetQueryOptions options, TimeProvider clock)
    {
        pools = new PostgresQueryPools(connectionString, options);
        gate = new QueryGate(options, clock);
        queries = new TwinQueryRunner(new PostgresQueryEngine(pools, options), gate, options);
    }

    public Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken) =>
        queries.RunAsync(query, pageSize, continuation, cancellationToken);

    public Task<ImmutableArray<DeviceRow>> ListDevicesAsync(int top, CancellationToken cancellationToken) =>
        gate.RunAsync(cancel => RowsAsync(pools.Queries, Question(ListDevices, (long)top), cancel), cancellationToken);

    public Task<ImmutableArray<DeviceRow>> ListModulesAsync(string deviceId, CancellationToken cancellationToken) =>
        DeviceKey.TryCreate(deviceId, null, out _)
            ? RowsAsync(pools.Lookups, Question(ListModules, (long)PartitionHash.VirtualPartition(deviceId), deviceId), cancellationToken)
            : Task.FromResult(ImmutableArray<DeviceRow>.Empty);

    public Task<FleetStatistics> CountAsync(CancellationToken cancellationToken) =>
        gate.RunAsync(cancel => PostgresRead.RunAsync(pools.Queries, Question(Count), reader => StatisticsAsync(reader, cancel), cancel), cancellationToken);

    public Task PingAsync(CancellationToken cancellationToken) =>
        PostgresRead.RunAsync(pools.Lookups, Question("SELECT FROM device LIMIT 1"), reader => reader.ReadAsync(cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await pools.DisposeAsync();
        gate.Dispose();
    }

    private static CompiledQuery Question(string sql, params ReadOnlySpan<object> values)
    {
        var parameters = new SqlParameters('$');
        foreach (var value in values)
        {
            parameters.Append(value);
        }

        return new CompiledQuery(sql, parameters);
    }

    private static Task<ImmutableArray<DeviceRow>> RowsAsync(NpgsqlDataSource connections, CompiledQuery question, CancellationToken cancellationToken) =>
        PostgresRead.RunAsync(
            connections,
            question,
            async reader =>
            {
                var row = new PostgresRow(reader, keys: 0);
                var rows = ImmutableArray.CreateBuilder<DeviceRow>();
                while (await reader.ReadAsync(cancellationToken))
                {
                    rows.Add(row.Device());
                }

                return rows.DrainToImmutable();
            },
            cancellationToken);

    private static async Task<FleetStatistics> StatisticsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var (enabled, disabled, connected) = (0L, 0L, 0L);
        while (await reader.ReadAsync(cancellationToken))
        {
            var count = reader.GetInt64(2);
            enabled += reader.GetInt16(0) == 0 ? count : 0;
            disabled += reader.GetInt16(0) != 0 ? count : 0;
            connected += reader.GetInt16(1) != 0 ? count : 0;
        }

        return new FleetStatistics(enabled + disabled, enabled, disabled, connected);
    }
}
