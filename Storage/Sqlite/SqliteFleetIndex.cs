using System.Collections.Immutable;
using Muster.Fleet;
using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>Questions over all rows, through the gate; what is small by nature has readers of its own.</summary>
/// <param name="reads">For what may take long.</param>
/// <param name="lookups">For what never does.</param>
internal sealed class SqliteFleetIndex(ISqliteReadPool reads, ISqliteReadPool lookups, FleetQueryOptions options, TimeProvider clock) : IFleetIndex, IDisposable
{
    private static readonly string ListDevices =
        $"SELECT {Schema.DeviceColumns} FROM device NOT INDEXED WHERE module_id = '' ORDER BY id LIMIT ?1";

    private static readonly string ListModules =
        $"SELECT {Schema.DeviceColumns} FROM device WHERE device_id = ?1 AND module_id > '' ORDER BY module_id";

    private const string Count =
        "SELECT status, connection_state, count(*) FROM device INDEXED BY device_status WHERE module_id = '' GROUP BY status, connection_state";

    private readonly QueryGate gate = new(options, clock, reads.Threads);
    private TwinQueryRunner? queries;

    public Task<QueryPage> QueryAsync(TwinQuery query, int pageSize, string? continuation, CancellationToken cancellationToken) =>
        (queries ??= new TwinQueryRunner(new SqliteQueryEngine(reads, options), gate, options)).RunAsync(query, pageSize, continuation, cancellationToken);

    public Task<ImmutableArray<DeviceRow>> ListDevicesAsync(int top, CancellationToken cancellationToken) =>
        gate.RunAsync(cancel => reads.ReadAsync(database => Rows(database, ListDevices, statement => statement.Bind(1, top)), cancel), cancellationToken);

    public Task<ImmutableArray<DeviceRow>> ListModulesAsync(string deviceId, CancellationToken cancellationToken) =>
        lookups.ReadAsync(database => Rows(database, ListModules, statement => statement.BindText(1, deviceId)), cancellationToken);

    public Task<FleetStatistics> CountAsync(CancellationToken cancellationToken) =>
        gate.RunAsync(cancel => reads.ReadAsync(Statistics, cancel), cancellationToken);

    public Task PingAsync(CancellationToken cancellationToken) =>
        lookups.ReadAsync(database => Rows(database, ListDevices, statement => statement.Bind(1, 1)).Length, cancellationToken);

    public void Dispose() => gate.Dispose();

    private static ImmutableArray<DeviceRow> Rows(SqliteDatabase database, string sql, Action<SqliteStatement> bind)
    {
        var statement = database.Cached(sql);
        bind(statement);
        try
        {
            var reader = new SqliteRowReader();
            var rows = ImmutableArray.CreateBuilder<DeviceRow>();
            while (statement.Step())
            {
                rows.Add(reader.Read(statement));
            }

            return rows.DrainToImmutable();
        }
        finally
        {
            statement.Reset();
        }
    }

    private static FleetStatistics Statistics(SqliteDatabase database)
    {
        var (enabled, disabled, connected) = (0L, 0L, 0L);
        var statement = database.Cached(Count);
        while (statement.Step())
        {
            var count = statement.Int64(2);
            enabled += statement.Int64(0) == 0 ? count : 0;
            disabled += statement.Int64(0) != 0 ? count : 0;
            connected += statement.Int64(1) != 0 ? count : 0;
        }

        statement.Reset();
        return new FleetStatistics(enabled + disabled, enabled, disabled, connected);
    }
}
