using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Muster.Fleet;

namespace Muster.Storage.Sqlite;

/// <summary>Questions over all rows, answered on the read connections.</summary>
internal sealed partial class SqliteFleetIndex(
    ISqliteReadPool reads, IOptions<SqliteQueryOptions>? options = null, TimeProvider? clock = null) : IFleetIndex
{
    private static readonly string ListDevices =
        $"SELECT {Schema.DeviceColumns} FROM device NOT INDEXED WHERE module_id = '' ORDER BY id LIMIT ?1";

    private static readonly string ListModules =
        $"SELECT {Schema.DeviceColumns} FROM device WHERE device_id = ?1 AND module_id > '' ORDER BY module_id";

    private const string Count =
        "SELECT status, connection_state, count(*) FROM device INDEXED BY device_status WHERE module_id = '' GROUP BY status, connection_state";

    public Task<ImmutableArray<DeviceRow>> ListDevicesAsync(int top, CancellationToken cancellationToken) =>
        reads.ReadAsync(database => Rows(database, ListDevices, statement => statement.Bind(1, top)), cancellationToken);

    public Task<ImmutableArray<DeviceRow>> ListModulesAsync(string deviceId, CancellationToken cancellationToken) =>
        reads.ReadAsync(database => Rows(database, ListModules, statement => statement.BindText(1, deviceId)), cancellationToken);

    public Task<FleetStatistics> CountAsync(CancellationToken cancellationToken) => reads.ReadAsync(Statistics, cancellationToken);

    private static ImmutableArray<DeviceRow> Rows(SqliteDatabase database, string sql, Action<SqliteStatement> bind)
    {
        var statement = database.Cached(sql);
        bind(statement);
        try
        {
            var reader = new DeviceRowReader();
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
