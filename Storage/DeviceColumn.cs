using System.Collections.Immutable;

namespace Muster.Storage;

/// <summary>
/// The columns of the device table, which every engine has under the same names. Times are UTC ticks (100 ns since year 1), absent is NULL,
/// JSON is compact UTF-8 text. The order is that of SQLite's table; parameter <c>?n</c> of its statements that write a row is column n - 1.
/// </summary>
internal enum DeviceColumn
{
    /// <summary>The order of registration; SQLite's rowid.</summary>
    Id,
    DeviceId,

    /// <summary>The empty text for the device itself, since NULLs would be distinct in the unique key.</summary>
    ModuleId,
    VirtualPartition,

    /// <summary>The storage ETag.</summary>
    Version,
    Status,

    /// <summary>1 if the row has a session or mirrors a device that has one, 0 if not: <see cref="Devices.ConnectionState"/>.</summary>
    ConnectionState,
    NextDeadline,
    GenerationId,
    IdentityVersion,
    StatusReason,
    StatusUpdatedAt,
    AuthenticationType,
    ProtectedKeys,
    PrimaryThumbprint,
    SecondaryThumbprint,
    IotEdge,
    DeviceScope,

    /// <summary>A JSON array of texts.</summary>
    ParentScopes,
    ManagedBy,
    TwinVersion,
    ModelId,
    SessionSilo,
    SessionConnectionId,
    SessionCurrentEpoch,
    SessionEpoch,
    SessionSubscriptions,
    SessionPersistent,
    ConnectionChangedAt,
    LastActivityAt,
    ObservedOffset,
    DesiredVersion,
    DesiredUpdatedAt,
    ReportedVersion,
    ReportedUpdatedAt,
    Tags,
    Desired,

    /// <summary>Packed, see <c>TwinMetadata</c>.</summary>
    DesiredMetadata,
    Reported,
    ReportedMetadata,
    Telemetry,

    /// <summary>Packed, see <c>CloudQueue</c>; its second byte is the number of messages.</summary>
    Messages,

    /// <summary>Packed, see <c>FeedbackOutbox</c>.</summary>
    Feedback,

    /// <summary>Packed, see <c>UpstreamMark</c>.</summary>
    Upstream,

    /// <summary>JSON, see <c>DeviceUpdate</c>. Not "update", which SQL has for itself.</summary>
    DeviceUpdate,
}

/// <summary>What the columns are called in SQL.</summary>
internal static class ColumnNames
{
    /// <summary>In the order of <see cref="DeviceColumn"/>.</summary>
    public static readonly ImmutableArray<string> All = [.. Enum.GetNames<DeviceColumn>().Select(SnakeCase)];

    public static string Of(DeviceColumn column) => All[(int)column];

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
