using System.Text.Json;
using Muster.Devices;
using Column = Muster.Storage.Postgres.ArrayColumn<Muster.Storage.Postgres.DeviceWrite>;

namespace Muster.Storage.Postgres;

/// <summary>Which columns each part of a row is, and where their values come from: the counterpart of <see cref="PostgresRowReader"/>.</summary>
internal static class DeviceColumns
{
    /// <summary>The three columns of the key.</summary>
    public static IEnumerable<Column> Key =>
    [
        Of(DeviceColumn.VirtualPartition, "integer", write => write.Partition),
        Of(DeviceColumn.DeviceId, "text", write => write.DeviceId),
        Of(DeviceColumn.ModuleId, "text", write => write.ModuleId),
    ];

    public static Column Expected => Of("expected", "bigint", write => write.Expected);

    /// <summary>The columns of the parts, and those that go along with every write.</summary>
    public static IEnumerable<Column> Of(RowParts parts) =>
    [
        Number(DeviceColumn.TwinVersion, state => state.TwinVersion),
        Time(DeviceColumn.LastActivityAt, state => state.LastActivityAt),
        .. parts.HasFlag(RowParts.Reported) ? Reported : [],
        .. parts.HasFlag(RowParts.Desired) ? Desired : [],
        .. parts.HasFlag(RowParts.Tags) ? Tags : [],
        .. parts.HasFlag(RowParts.Session) ? Session : [],
        .. parts.HasFlag(RowParts.Telemetry) ? Telemetry : [],
        .. parts.HasFlag(RowParts.Identity) ? Identity : [],
        .. parts.HasFlag(RowParts.Messages) ? Messages : [],
        .. parts.HasFlag(RowParts.Update) ? [Json(DeviceColumn.DeviceUpdate, state => state.Update)] : Array.Empty<Column>(),
        .. parts.HasFlag(RowParts.Deadline) ? [Time(DeviceColumn.NextDeadline, state => state.NextDeadline)] : Array.Empty<Column>(),
    ];

    private static IEnumerable<Column> Reported =>
    [
        Json(DeviceColumn.Reported, state => state.Reported.Json),
        Blob(DeviceColumn.ReportedMetadata, state => state.Reported.Metadata),
        Number(DeviceColumn.ReportedVersion, state => state.Reported.Version),
        Time(DeviceColumn.ReportedUpdatedAt, state => state.Reported.UpdatedAt),
    ];

    private static IEnumerable<Column> Desired =>
    [
        Json(DeviceColumn.Desired, state => state.Desired.Json),
        Blob(DeviceColumn.DesiredMetadata, state => state.Desired.Metadata),
        Number(DeviceColumn.DesiredVersion, state => state.Desired.Version),
        Time(DeviceColumn.DesiredUpdatedAt, state => state.Desired.UpdatedAt),
    ];

    private static IEnumerable<Column> Tags =>
    [
        Json(DeviceColumn.Tags, state => state.Tags),
        new ArrayColumn<DeviceWrite, string?>("tags_index", "text", write => write.TagsIndex) { Expression = "tags_index::jsonb" },
    ];

    private static IEnumerable<Column> Telemetry =>
    [
        Json(DeviceColumn.Telemetry, state => state.Telemetry),
        Number(DeviceColumn.ObservedOffset, state => state.ObservedOffset),
    ];

    private static IEnumerable<Column> Messages =>
    [
        Blob(DeviceColumn.Messages, state => state.Messages),
        Blob(DeviceColumn.Feedback, state => state.Feedback),
    ];

    private static IEnumerable<Column> Session =>
    [
        Small(DeviceColumn.ConnectionState, state => state.IsConnected ? 1 : 0),
        Of(DeviceColumn.SessionSilo, "text", write => write.Silo),
        Optional(DeviceColumn.SessionConnectionId, state => state.Session.Current?.ConnectionId),
        Optional(DeviceColumn.SessionCurrentEpoch, state => state.Session.Current?.Epoch),
        Number(DeviceColumn.SessionEpoch, state => state.Session.Epoch),
        Of(DeviceColumn.SessionSubscriptions, "integer", write => (int)write.State.Session.Subscriptions),
        Small(DeviceColumn.SessionPersistent, state => state.Session.Persistent ? 1 : 0),
        Time(DeviceColumn.ConnectionChangedAt, state => state.Session.ChangedAt),
        Text(DeviceColumn.ModelId, state => state.ModelId),
        Blob(DeviceColumn.Upstream, state => state.Upstream),
    ];

    private static IEnumerable<Column> Identity =>
    [
        Number(DeviceColumn.GenerationId, state => state.Identity.GenerationId),
        Number(DeviceColumn.IdentityVersion, state => state.Identity.Version),
        Small(DeviceColumn.Status, state => (int)state.Identity.Status),
        Text(DeviceColumn.StatusReason, state => state.Identity.StatusReason),
        Time(DeviceColumn.StatusUpdatedAt, state => state.Identity.StatusUpdatedAt),
        Small(DeviceColumn.AuthenticationType, state => (int)state.Identity.AuthenticationType),
        Blob(DeviceColumn.ProtectedKeys, state => state.Identity.ProtectedKeys),
        Text(DeviceColumn.PrimaryThumbprint, state => state.Identity.PrimaryThumbprint),
        Text(DeviceColumn.SecondaryThumbprint, state => state.Identity.SecondaryThumbprint),
        Small(DeviceColumn.IotEdge, state => state.Identity.IotEdge ? 1 : 0),
        Text(DeviceColumn.DeviceScope, state => state.Identity.DeviceScope),
        Text(DeviceColumn.ParentScopes, state => state.Identity.ParentScopes is { } scopes ? JsonSerializer.Serialize(scopes) : null),
        Text(DeviceColumn.ManagedBy, state => state.Identity.ManagedBy),
    ];

    private static Column Of<T>(DeviceColumn column, string type, Func<DeviceWrite, T> value) => Of(ColumnNames.Of(column), type, value);

    private static ArrayColumn<DeviceWrite, T> Of<T>(string name, string type, Func<DeviceWrite, T> value) => new(name, type, value);

    private static Column Json(DeviceColumn column, Func<DeviceState, byte[]?> value) => Of(column, "text", write => value(write.State));

    private static Column Text(DeviceColumn column, Func<DeviceState, string?> value) => Of(column, "text", write => value(write.State));

    private static Column Blob(DeviceColumn column, Func<DeviceState, byte[]?> value) => Of(column, "bytea", write => value(write.State));

    private static Column Number(DeviceColumn column, Func<DeviceState, long> value) => Of(column, "bigint", write => value(write.State));

    private static Column Small(DeviceColumn column, Func<DeviceState, int> value) => Of(column, "smallint", write => (short)value(write.State));

    private static Column Optional(DeviceColumn column, Func<DeviceState, long?> value) => Of(column, "bigint", write => value(write.State));

    private static Column Time(DeviceColumn column, Func<DeviceState, DateTimeOffset?> value) => Optional(column, state => value(state)?.UtcTicks);
}
