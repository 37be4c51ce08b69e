using System.Text.Json;
using Muster.Devices;
using Muster.Fleet;
using Muster.Sessions;

namespace Muster.Storage.Sqlite;

/// <summary>Turns a row of <c>SELECT {Schema.DeviceColumns}</c> into state. A reader belongs to one thread.</summary>
/// <param name="firstColumn">The result column that holds <see cref="DeviceColumn.Id"/>; the others follow it.</param>
internal sealed class DeviceRowReader(int firstColumn = 0)
{
    private (string Text, SiloAddress Silo)? lastSilo;
    private string? lastModelId;

    public long Id(SqliteStatement row) => row.Int64(At(DeviceColumn.Id));

    public long Version(SqliteStatement row) => row.Int64(At(DeviceColumn.Version));

    public DeviceRow Read(SqliteStatement row) => new(Key(row), State(row));

    public DeviceKey Key(SqliteStatement row)
    {
        var deviceId = Text(row, DeviceColumn.DeviceId)!;
        var moduleId = Text(row, DeviceColumn.ModuleId)!;
        return DeviceKey.TryCreate(deviceId, moduleId.Length == 0 ? null : moduleId, out var key)
            ? key
            : throw new InvalidDataException($"Row {Id(row)} has no valid key.");
    }

    public DeviceState State(SqliteStatement row) => new()
    {
        Identity = Identity(row),
        TwinVersion = Number(row, DeviceColumn.TwinVersion),
        Tags = Bytes(row, DeviceColumn.Tags),
        Desired = Section(row, DeviceColumn.Desired, DeviceColumn.DesiredMetadata, DeviceColumn.DesiredVersion, DeviceColumn.DesiredUpdatedAt),
        Reported = Section(row, DeviceColumn.Reported, DeviceColumn.ReportedMetadata, DeviceColumn.ReportedVersion, DeviceColumn.ReportedUpdatedAt),
        ModelId = Model(row),
        Session = Session(row),
        LastActivityAt = Time(row, DeviceColumn.LastActivityAt),
        Telemetry = Bytes(row, DeviceColumn.Telemetry),
        ObservedOffset = Number(row, DeviceColumn.ObservedOffset),
        NextDeadline = Time(row, DeviceColumn.NextDeadline),
        Messages = Bytes(row, DeviceColumn.Messages),
        Feedback = Bytes(row, DeviceColumn.Feedback),
    };

    private IdentityState Identity(SqliteStatement row) => new()
    {
        GenerationId = Number(row, DeviceColumn.GenerationId),
        Version = Number(row, DeviceColumn.IdentityVersion),
        Status = (DeviceStatus)Number(row, DeviceColumn.Status),
        StatusReason = Text(row, DeviceColumn.StatusReason),
        StatusUpdatedAt = Time(row, DeviceColumn.StatusUpdatedAt),
        AuthenticationType = (AuthenticationType)Number(row, DeviceColumn.AuthenticationType),
        ProtectedKeys = Bytes(row, DeviceColumn.ProtectedKeys),
        PrimaryThumbprint = Text(row, DeviceColumn.PrimaryThumbprint),
        SecondaryThumbprint = Text(row, DeviceColumn.SecondaryThumbprint),
        IotEdge = Number(row, DeviceColumn.IotEdge) != 0,
        DeviceScope = Text(row, DeviceColumn.DeviceScope),
        ParentScopes = Bytes(row, DeviceColumn.ParentScopes) is { } scopes ? JsonSerializer.Deserialize<string[]>(scopes) : null,
        ManagedBy = Text(row, DeviceColumn.ManagedBy),
    };

    private TwinSection Section(SqliteStatement row, DeviceColumn json, DeviceColumn metadata, DeviceColumn version, DeviceColumn updatedAt)
    {
        var section = new TwinSection
        {
            Json = Bytes(row, json),
            Metadata = Bytes(row, metadata),
            Version = Number(row, version),
            UpdatedAt = Time(row, updatedAt),
        };
        return section == TwinSection.Empty ? TwinSection.Empty : section;
    }

    private SessionState Session(SqliteStatement row)
    {
        var session = new SessionState
        {
            Current = Text(row, DeviceColumn.SessionSilo) is { } silo
                ? new SessionRef(Silo(silo), Number(row, DeviceColumn.SessionConnectionId), Number(row, DeviceColumn.SessionCurrentEpoch))
                : null,
            Epoch = Number(row, DeviceColumn.SessionEpoch),
            Subscriptions = (SessionSubscriptions)Number(row, DeviceColumn.SessionSubscriptions),
            Persistent = Number(row, DeviceColumn.SessionPersistent) != 0,
            ChangedAt = Time(row, DeviceColumn.ConnectionChangedAt),
        };
        return session == SessionState.None ? SessionState.None : session;
    }

    private SiloAddress Silo(string text)
    {
        if (lastSilo is not { } last || last.Text != text)
        {
            lastSilo = last = (text, SiloAddress.FromParsableString(text));
        }

        return last.Silo;
    }

    // A fleet has few models and many devices: neighbours in a batch share the text.
    private string? Model(SqliteStatement row)
    {
        var model = Text(row, DeviceColumn.ModelId);
        return model is null || model == lastModelId ? (model is null ? null : lastModelId) : lastModelId = model;
    }

    private int At(DeviceColumn column) => firstColumn + (int)column;

    private long Number(SqliteStatement row, DeviceColumn column) => row.Int64(At(column));

    private string? Text(SqliteStatement row, DeviceColumn column) => row.TextOrNull(At(column));

    private byte[]? Bytes(SqliteStatement row, DeviceColumn column) => row.BytesOrNull(At(column));

    private DateTimeOffset? Time(SqliteStatement row, DeviceColumn column) =>
        row.Int64OrNull(At(column)) is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
}
