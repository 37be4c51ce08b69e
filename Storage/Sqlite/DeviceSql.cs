using static Muster.Storage.DeviceColumn;

namespace Muster.Storage.Sqlite;

/// <summary>The statements that change device rows. Column n is parameter n + 1; <see cref="ExpectedVersion"/> comes behind them.</summary>
internal static class DeviceSql
{
    // What an index is made of, or the tag index from: a row whose values here stay the same touches no index.
    private static readonly DeviceColumn[] Indexed = [Status, ConnectionState, NextDeadline, Tags];

    private static readonly DeviceColumn[] Fixed = [Id, DeviceId, ModuleId, VirtualPartition];

    private static readonly DeviceColumn[] All = Enum.GetValues<DeviceColumn>();

    /// <summary>The parameter for the version that the row must still have.</summary>
    public static readonly int ExpectedVersion = All.Length + 1;

    /// <summary>Changes nothing if the key is taken. The id is left to SQLite.</summary>
    public static readonly string Insert =
        $"INSERT INTO device ({List(All.Skip(1), Schema.Name)}) VALUES ({List(All.Skip(1), Parameter)}) ON CONFLICT (device_id, module_id) DO NOTHING";

    /// <summary>
    /// The common write: changes the row only if it has the expected version and nothing that is indexed differs, and so touches no index.
    /// </summary>
    public static readonly string UpdateUnindexed = Update(Indexed);

    /// <summary>As above for a write that says when the row is due next: the index of deadlines is all that it touches.</summary>
    public static readonly string UpdateDue = Update(Indexed.Except([NextDeadline]));

    /// <summary>Writes every column of the row with the id, whose version was looked at before in the same transaction.</summary>
    public static readonly string UpdateAll = $"UPDATE device SET {List(All.Except(Fixed), Assignment)} WHERE id = {Parameter(Id)}";

    public static readonly string Find = $"SELECT id, version, tags FROM device WHERE {Key}";

    public static readonly string Delete = $"DELETE FROM device WHERE id = {Parameter(Id)}";

    public static readonly string Read = $"SELECT {Schema.DeviceColumns} FROM device WHERE {Key}";

    /// <summary>What a process that ended without saying goodbye left behind. ?1: now, in ticks.</summary>
    public const string ForgetSessions = """
        UPDATE device SET connection_state = 0, session_silo = NULL, session_connection_id = NULL, session_current_epoch = NULL,
          connection_changed_at = ?1
        WHERE connection_state = 1 AND session_silo IS NOT NULL
        """;

    public static int ParameterOf(DeviceColumn column) => (int)column + 1;

    private static string Update(IEnumerable<DeviceColumn> same) =>
        $"UPDATE device SET {List(All.Except(Fixed).Except(same), Assignment)} "
        + $"WHERE {Key} AND version = ?{ExpectedVersion} AND {string.Join(" AND ", same.Select(c => $"{Schema.Name(c)} IS {Parameter(c)}"))}";

    private static string Key => $"device_id = {Parameter(DeviceId)} AND module_id = {Parameter(ModuleId)}";

    private static string Parameter(DeviceColumn column) => $"?{ParameterOf(column)}";

    private static string Assignment(DeviceColumn column) => $"{Schema.Name(column)} = {Parameter(column)}";

    private static string List(IEnumerable<DeviceColumn> columns, Func<DeviceColumn, string> text) => string.Join(", ", columns.Select(text));
}
