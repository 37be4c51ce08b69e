using System.Text;
using System.Text.Json;
using Muster.Devices;

namespace Muster.Storage.Sqlite;

/// <summary>Binds state to a statement of <see cref="DeviceSql"/>: the counterpart of <see cref="SqliteRowReader"/>. Belongs to one thread.</summary>
internal sealed class DeviceRowBinder
{
    private (SiloAddress Silo, byte[] Text)? lastSilo;

    /// <summary>Binds the two key columns from a grain key, <c>device</c> or <c>device/module</c>.</summary>
    public static void BindKey(SqliteStatement statement, ReadOnlySpan<byte> grainKey)
    {
        var slash = grainKey.IndexOf((byte)'/');
        statement.BindText(DeviceSql.ParameterOf(DeviceColumn.DeviceId), slash < 0 ? grainKey : grainKey[..slash]);
        statement.BindText(DeviceSql.ParameterOf(DeviceColumn.ModuleId), slash < 0 ? [] : grainKey[(slash + 1)..]);
    }

    /// <summary>Binds every column that can change.</summary>
    public void Bind(SqliteStatement statement, DeviceState state, long version)
    {
        Number(statement, DeviceColumn.Version, version);
        Identity(statement, state.Identity);
        Session(statement, state.Session);
        Number(statement, DeviceColumn.ConnectionState, state.IsConnected ? 1 : 0);
        Number(statement, DeviceColumn.TwinVersion, state.TwinVersion);
        Json(statement, DeviceColumn.Tags, state.Tags);
        Section(statement, state.Desired, DeviceColumn.Desired, DeviceColumn.DesiredMetadata, DeviceColumn.DesiredVersion, DeviceColumn.DesiredUpdatedAt);
        Section(statement, state.Reported, DeviceColumn.Reported, DeviceColumn.ReportedMetadata, DeviceColumn.ReportedVersion, DeviceColumn.ReportedUpdatedAt);
        Text(statement, DeviceColumn.ModelId, state.ModelId);
        Time(statement, DeviceColumn.LastActivityAt, state.LastActivityAt);
        Json(statement, DeviceColumn.Telemetry, state.Telemetry);
        Number(statement, DeviceColumn.ObservedOffset, state.ObservedOffset);
        Time(statement, DeviceColumn.NextDeadline, state.NextDeadline);
        Blob(statement, DeviceColumn.Messages, state.Messages);
        Blob(statement, DeviceColumn.Feedback, state.Feedback);
        Blob(statement, DeviceColumn.Upstream, state.Upstream);
        Json(statement, DeviceColumn.DeviceUpdate, state.Update);
    }

    private static void Identity(SqliteStatement statement, IdentityState identity)
    {
        Number(statement, DeviceColumn.GenerationId, identity.GenerationId);
        Number(statement, DeviceColumn.IdentityVersion, identity.Version);
        Number(statement, DeviceColumn.Status, (long)identity.Status);
        Text(statement, DeviceColumn.StatusReason, identity.StatusReason);
        Time(statement, DeviceColumn.StatusUpdatedAt, identity.StatusUpdatedAt);
        Number(statement, DeviceColumn.AuthenticationType, (long)identity.AuthenticationType);
        Blob(statement, DeviceColumn.ProtectedKeys, identity.ProtectedKeys);
        Text(statement, DeviceColumn.PrimaryThumbprint, identity.PrimaryThumbprint);
        Text(statement, DeviceColumn.SecondaryThumbprint, identity.SecondaryThumbprint);
        Number(statement, DeviceColumn.IotEdge, identity.IotEdge ? 1 : 0);
        Text(statement, DeviceColumn.DeviceScope, identity.DeviceScope);
        Json(statement, DeviceColumn.ParentScopes, identity.ParentScopes is { } scopes ? JsonSerializer.SerializeToUtf8Bytes(scopes) : null);
        Text(statement, DeviceColumn.ManagedBy, identity.ManagedBy);
    }

    private void Session(SqliteStatement statement, SessionState session)
    {
        Json(statement, DeviceColumn.SessionSilo, session.Current is { } current ? SiloText(current.Silo) : null);
        Number(statement, DeviceColumn.SessionConnectionId, session.Current?.ConnectionId);
        Number(statement, DeviceColumn.SessionCurrentEpoch, session.Current?.Epoch);
        Number(statement, DeviceColumn.SessionEpoch, session.Epoch);
        Number(statement, DeviceColumn.SessionSubscriptions, (long)session.Subscriptions);
        Number(statement, DeviceColumn.SessionPersistent, session.Persistent ? 1 : 0);
        Time(statement, DeviceColumn.ConnectionChangedAt, session.ChangedAt);
    }

    private static void Section(
        SqliteStatement statement, TwinSection section, DeviceColumn json, DeviceColumn metadata, DeviceColumn version, DeviceColumn updatedAt)
    {
        Json(statement, json, section.Json);
        Blob(statement, metadata, section.Metadata);
        Number(statement, version, section.Version);
        Time(statement, updatedAt, section.UpdatedAt);
    }

    // Nearly all sessions of a batch are on one silo, and its text would be garbage for each write.
    private byte[] SiloText(SiloAddress silo)
    {
        if (lastSilo is not { } last || !last.Silo.Equals(silo))
        {
            lastSilo = last = (silo, Encoding.UTF8.GetBytes(silo.ToParsableString()));
        }

        return last.Text;
    }

    private static void Number(SqliteStatement statement, DeviceColumn column, long? value)
    {
        if (value is { } number)
        {
            statement.Bind(DeviceSql.ParameterOf(column), number);
        }
        else
        {
            statement.BindNull(DeviceSql.ParameterOf(column));
        }
    }

    private static void Time(SqliteStatement statement, DeviceColumn column, DateTimeOffset? value) => Number(statement, column, value?.UtcTicks);

    private static void Text(SqliteStatement statement, DeviceColumn column, string? value) =>
        statement.BindText(DeviceSql.ParameterOf(column), value);

    private static void Json(SqliteStatement statement, DeviceColumn column, byte[]? utf8)
    {
        if (utf8 is null)
        {
            statement.BindNull(DeviceSql.ParameterOf(column));
        }
        else
        {
            statement.BindText(DeviceSql.ParameterOf(column), utf8.AsSpan());
        }
    }

    private static void Blob(SqliteStatement statement, DeviceColumn column, byte[]? blob)
    {
        if (blob is null)
        {
            statement.BindNull(DeviceSql.ParameterOf(column));
        }
        else
        {
            statement.BindBlob(DeviceSql.ParameterOf(column), blob);
        }
    }
}
