using System.Collections.Immutable;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Sessions;

namespace Muster.Storage.Sqlite;

/// <summary>Rows by what they wait for: their deadline, or the end of their session.</summary>
internal sealed class SqliteWaitingIndex(ISqliteReadPool reads) : IDeadlineIndex, ISessionIndex
{
    private const string Due = """
        SELECT device_id, module_id, next_deadline FROM device INDEXED BY device_deadline
        WHERE virtual_partition IN (SELECT value FROM json_each(?1)) AND next_deadline >= ?3 AND next_deadline <= ?2
          AND (next_deadline, device_id, module_id) > (?3, ?4, ?5) AND next_deadline IS NOT NULL
        ORDER BY next_deadline, device_id, module_id LIMIT ?6
        """;

    private const string Silos = "SELECT DISTINCT session_silo FROM device INDEXED BY device_connected WHERE connection_state = 1 AND session_silo IS NOT NULL";

    private const string Sessions = """
        SELECT id, device_id, module_id, session_connection_id, session_current_epoch FROM device INDEXED BY device_connected
        WHERE connection_state = 1 AND id > ?2 AND session_silo = ?1 ORDER BY id LIMIT ?3
        """;

    public Task<ImmutableArray<DueRow>> ReadDueAsync(DuePage page, CancellationToken cancellationToken)
    {
        var list = $"[{string.Join(',', page.Partitions)}]";
        return ReadAsync(
            Due,
            statement =>
            {
                statement.BindText(1, list);
                statement.Bind(2, page.Now.UtcTicks);
                statement.Bind(3, page.After?.Deadline.UtcTicks ?? 0);
                statement.BindText(4, page.After?.Key.DeviceId ?? "");
                statement.BindText(5, page.After?.Key.ModuleId ?? "");
                statement.Bind(6, page.Limit);
            },
            static row => new DueRow(new DateTimeOffset(row.Int64(2), TimeSpan.Zero), Key(row, 0)),
            cancellationToken);
    }

    public Task<ImmutableArray<SiloAddress>> ReadSilosAsync(CancellationToken cancellationToken) =>
        ReadAsync(Silos, static _ => { }, static row => SiloAddress.FromParsableString(row.TextOrNull(0)!), cancellationToken);

    public Task<ImmutableArray<SessionRow>> ReadSessionsAsync(SiloAddress silo, long afterId, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            Sessions,
            statement =>
            {
                statement.BindText(1, silo.ToParsableString());
                statement.Bind(2, afterId);
                statement.Bind(3, limit);
            },
            row => new SessionRow(row.Int64(0), Key(row, 1), new SessionRef(silo, row.Int64(3), row.Int64(4))),
            cancellationToken);

    private Task<ImmutableArray<T>> ReadAsync<T>(string sql, Action<SqliteStatement> bind, Func<SqliteStatement, T> read, CancellationToken cancellationToken) =>
        reads.ReadAsync(
            database =>
            {
                var statement = database.Cached(sql);
                bind(statement);
                return SqliteRows.Read(statement, read);
            },
            cancellationToken);

    private static DeviceKey Key(SqliteStatement row, int column)
    {
        var (device, module) = (row.TextOrNull(column)!, row.TextOrNull(column + 1)!);
        return DeviceKey.TryCreate(device, module.Length == 0 ? null : module, out var key) ? key : throw new InvalidDataException($"{device}/{module} is no key.");
    }
}
