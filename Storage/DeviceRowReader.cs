using System.Text.Json;
using Muster.Devices;
using Muster.Fleet;
using Muster.Sessions;

namespace Muster.Storage;

/// <summary>Turns a row of <see cref="ColumnNames.All"/> into state. A reader belongs to one flow of control.</summary>
/// <typeparam name="TRow">What an engine has its rows in; it stands at the row that is read.</typeparam>
/// <param name="firstColumn">The result column that holds <see cref="DeviceColumn.Id"/>; the others follow it.</param>
internal abstract class DeviceRowReader<TRow>(int firstColumn)
{
    private (string Text, SiloAddress Silo)? lastSilo;
    private string? lastModelId;

    public long Id(TRow row) => Number(row, DeviceColumn.Id);

    public long Version(TRow row) => Number(row, DeviceColumn.Version);

    public DeviceRow Read(TRow row) => new(Key(row), State(row));

    public DeviceKey Key(TRow row)
    {
        var deviceId = Text(row, DeviceColumn.DeviceId)!;
        var moduleId = Text(row, DeviceColumn.ModuleId)!;
        return DeviceKey.TryCreate(deviceId, moduleId.Length == 0 ? null : moduleId, out var key)
            ? key
            : throw new InvalidDataException($"Row {Id(row)} has no valid key.");
    }

    public DeviceState State(TRow row) => new()
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
        Upstream = Bytes(row, DeviceColumn.Upstream),
        Update = Bytes(row, DeviceColumn.DeviceUpdate),
    };

    /// <summary>A number that is never NULL.</summary>
    protected abstract long Number(TRow row, int column);

    protected abstract long? NumberOrNull(TRow row, int column);

    protected abstract string? TextOrNull(TRow row, int column);

    /// <summary>The bytes of a blob, or of a text in UTF-8.</summary>
    protected abstract byte[]? BytesOrNull(TRow row, int column);

    private IdentityState Identity(TRow row) => new()
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
        ParentScopes = Text(row, DeviceColumn.ParentScopes) is { } scopes ? JsonSerializer.Deserialize<string[]>(scopes) : null,
        ManagedBy = Text(row, DeviceColumn.ManagedBy),
    };

    private TwinSection Section(TRow row, DeviceColumn json, DeviceColumn metadata, DeviceColumn version, DeviceColumn updatedAt)
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

    private SessionState Session(TRow row)
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
    private string? Model(TRow row)
    {
        var model = Text(row, DeviceColumn.ModelId);
        return model is null || model == lastModelId ? (model is null ? null : lastModelId) : lastModelId = model;
    }

    private int At(DeviceColumn column) => firstColumn + (int)column;

    private long Number(TRow row, DeviceColumn column) => Number(row, At(column));

    private string? Text(TRow row, DeviceColumn column) => TextOrNull(row, At(column));

    private byte[]? Bytes(TRow row, DeviceColumn column) => BytesOrNull(row, At(column));

    private DateTimeOffset? Time(TRow row, DeviceColumn column) =>
        NumberOrNull(row, At(column)) is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
}
