using System.Collections.Immutable;

namespace Muster.Storage.Sqlite;

/// <summary>Which kind of JSON value a row of <see cref="Schema.TagTable"/> holds. Stored; append only.</summary>
internal enum TagKind : int
{
    Text = 1,

    /// <summary>INTEGER where the number is a 64-bit integer, else REAL: SQLite compares the two by value.</summary>
    Number = 2,

    /// <summary>0 or 1.</summary>
    Boolean = 3,
}

/// <summary>Tables, columns, indexes and the SQL that changes them: the one place that knows their names.</summary>
internal static class Schema
{
    /// <summary>Written to <c>PRAGMA user_version</c>: how many of <see cref="Steps"/> a database has been through.</summary>
    public static int Version => Steps.Length;

    public const string DeviceTable = "device";

    /// <summary>
    /// Every primitive value in the tags of every row: (<c>path</c>, <c>kind</c>, <c>value</c>, <c>device</c>), where path is the
    /// keys from the root joined by <see cref="TagPathSeparator"/>, kind is <see cref="TagKind"/> and device is the row's id.
    /// Arrays and nulls are not in it.
    /// </summary>
    public const string TagTable = "tag_index";

    /// <summary>U+001F: twins admit no control character in a key, so a path has one reading.</summary>
    public const char TagPathSeparator = '\u001f';

    public const string CheckpointTable = "checkpoint";

    private const string CreateTables = """
        CREATE TABLE device (
          id INTEGER PRIMARY KEY,
          device_id TEXT NOT NULL,
          module_id TEXT NOT NULL,
          virtual_partition INTEGER NOT NULL,
          version INTEGER NOT NULL,
          status INTEGER NOT NULL,
          connection_state INTEGER NOT NULL,
          next_deadline INTEGER,
          generation_id INTEGER NOT NULL,
          identity_version INTEGER NOT NULL,
          status_reason TEXT,
          status_updated_at INTEGER,
          authentication_type INTEGER NOT NULL,
          protected_keys BLOB,
          primary_thumbprint TEXT,
          secondary_thumbprint TEXT,
          iot_edge INTEGER NOT NULL,
          device_scope TEXT,
          parent_scopes TEXT,
          managed_by TEXT,
          twin_version INTEGER NOT NULL,
          model_id TEXT,
          session_silo TEXT,
          session_connection_id INTEGER,
          session_current_epoch INTEGER,
          session_epoch INTEGER NOT NULL,
          session_subscriptions INTEGER NOT NULL,
          session_persistent INTEGER NOT NULL,
          connection_changed_at INTEGER,
          last_activity_at INTEGER,
          observed_offset INTEGER NOT NULL,
          desired_version INTEGER NOT NULL,
          desired_updated_at INTEGER,
          reported_version INTEGER NOT NULL,
          reported_updated_at INTEGER,
          tags TEXT,
          desired TEXT,
          desired_metadata BLOB,
          reported TEXT,
          reported_metadata BLOB,
          telemetry TEXT
        );
        CREATE UNIQUE INDEX device_key ON device (device_id, module_id);
        CREATE INDEX device_deadline ON device (virtual_partition, next_deadline) WHERE next_deadline IS NOT NULL;
        CREATE INDEX device_connected ON device (connection_state) WHERE connection_state = 1;
        CREATE INDEX device_status ON device (status, connection_state) WHERE module_id = '';
        CREATE TABLE tag_index (
          path TEXT NOT NULL,
          kind INTEGER NOT NULL,
          value NOT NULL,
          device INTEGER NOT NULL,
          PRIMARY KEY (path, kind, value, device)
        ) WITHOUT ROWID;
        CREATE TABLE checkpoint (
          consumer TEXT NOT NULL,
          partition_id INTEGER NOT NULL,
          epoch INTEGER NOT NULL,
          next_offset INTEGER NOT NULL,
          PRIMARY KEY (consumer, partition_id)
        ) WITHOUT ROWID;
        """;

    private const string CreateDocuments = """
        CREATE TABLE document (
          grain_type TEXT NOT NULL,
          key TEXT NOT NULL,
          name TEXT NOT NULL,
          version INTEGER NOT NULL,
          payload BLOB NOT NULL,
          PRIMARY KEY (grain_type, key, name)
        );
        """;

    private const string AddMessages = """
        ALTER TABLE device ADD COLUMN messages BLOB;
        ALTER TABLE device ADD COLUMN feedback BLOB;
        CREATE TABLE service_record (
          position INTEGER PRIMARY KEY AUTOINCREMENT,
          queue TEXT NOT NULL,
          id BLOB NOT NULL,
          at INTEGER NOT NULL,
          body BLOB
        );
        CREATE UNIQUE INDEX service_record_id ON service_record (queue, id);
        CREATE INDEX service_record_waiting ON service_record (queue, position) WHERE body IS NOT NULL;
        CREATE INDEX service_record_age ON service_record (queue, at);
        """;

    private const string AddUpstream = "ALTER TABLE device ADD COLUMN upstream BLOB;";

    private const string AddUpdates = $"""
        ALTER TABLE device ADD COLUMN device_update TEXT;
        {UpdateSchema.Create}
        """;

    /// <summary>From nothing to this program's tables. Append only: each runs once in the life of a database.</summary>
    public static readonly ImmutableArray<string> Steps = [CreateTables, CreateDocuments, AddMessages, AddUpstream, AddUpdates];

    public static readonly ImmutableArray<string> ColumnNames = Storage.ColumnNames.All;

    /// <summary>All columns of the device table, separated by commas, in the order that <see cref="SqliteRowReader"/> reads.</summary>
    public static readonly string DeviceColumns = string.Join(", ", ColumnNames);

    public static string Name(DeviceColumn column) => ColumnNames[(int)column];
}
