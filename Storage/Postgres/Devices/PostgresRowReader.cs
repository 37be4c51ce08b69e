using System.Text.Json;
using Muster.Devices;
using Muster.Fleet;
using Muster.Sessions;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>Turns a row of <c>select</c> of <see cref="ColumnNames.All"/> into state. A reader belongs to one flow of control.</summary>
/// <param name="firstColumn">The result column that holds <see cref="DeviceColumn.Id"/>; the others follow it.</param>
internal sealed class PostgresRowReader(int firstColumn = 0)
{
    private (string Text, SiloAddress Silo)? lastSilo;
    private string? lastModelId;

    public long Id(NpgsqlDataReader row) => row.GetInt64(At(DeviceColumn.Id));

    public long Version(NpgsqlDataReader row) => row.GetInt64(At(DeviceColumn.Version));

    public DeviceRow Read(NpgsqlDataReader row) => new(Key(row), State(row));

    public DeviceKey Key(NpgsqlDataReader row)
    {
        var deviceId = row.GetString(At(DeviceColumn.DeviceId));
        var moduleId = row.GetString(At(DeviceColumn.ModuleId));
        return DeviceKey.TryCreate(deviceId, moduleId.Length == 0 ? null : moduleId, out var key)
            ? key
            : throw new InvalidDataException($"Row {Id(row)} has no valid key.");
    }

    public DeviceState State(NpgsqlDataReader row) => new()
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

    private IdentityState Identity(NpgsqlDataReader row) => new()
    {
        GenerationId = Number(row, DeviceColumn.GenerationId),
        Version = Number(row, DeviceColumn.IdentityVersion),
        Status = (DeviceStatus)Small(row, DeviceColumn.Status),
        StatusReason = Text(row, DeviceColumn.StatusReason),
        StatusUpdatedAt = Time(row, DeviceColumn.StatusUpdatedAt),
        AuthenticationType = (AuthenticationType)Small(row, DeviceColumn.AuthenticationType),
        ProtectedKeys = Bytes(row, DeviceColumn.ProtectedKeys),
        PrimaryThumbprint = Text(row, DeviceColumn.PrimaryThumbprint),
        SecondaryThumbprint = Text(row, DeviceColumn.SecondaryThumbprint),
        IotEdge = Small(row, DeviceColumn.IotEdge) != 0,
        DeviceScope = Text(row, DeviceColumn.DeviceScope),
        ParentScopes = Text(row, DeviceColumn.ParentScopes) is { } scopes ? JsonSerializer.Deserialize<string[]>(scopes) : null,
        ManagedBy = Text(row, DeviceColumn.ManagedBy),
    };

    private TwinSection Section(NpgsqlDataReader row, DeviceColumn json, DeviceColumn metadata, DeviceColumn version, DeviceColumn updatedAt)
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

    private SessionState Session(NpgsqlDataReader row)
    {
        var session = new SessionState
        {
            Current = Text(row, DeviceColumn.SessionSilo) is { } silo
                ? new SessionRef(Silo(silo), Number(row, DeviceColumn.SessionConnectionId), Number(row, DeviceColumn.SessionCurrentEpoch))
                : null,
            Epoch = Number(row, DeviceColumn.SessionEpoch),
            Subscriptions = (SessionSubscriptions)row.GetInt32(At(DeviceColumn.SessionSubscriptions)),
            Persistent = Small(row, DeviceColumn.SessionPersistent) != 0,
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
    private string? Model(NpgsqlDataReader row)
    {
        var model = Text(row, DeviceColumn.ModelId);
        return model is null || model == lastModelId ? (model is null ? null : lastModelId) : lastModelId = model;
    }

    private int At(DeviceColumn column) => firstColumn + (int)column;

    private long Number(NpgsqlDataReader row, DeviceColumn column) => row.GetInt64(At(column));

    private short Small(NpgsqlDataReader row, DeviceColumn column) => row.GetInt16(At(column));

    private string? Text(NpgsqlDataReader row, DeviceColumn column) => row.IsDBNull(At(column)) ? null : row.GetString(At(column));

    private byte[]? Bytes(NpgsqlDataReader row, DeviceColumn column) => row.IsDBNull(At(column)) ? null : row.GetFieldValue<byte[]>(At(column));

    private DateTimeOffset? Time(NpgsqlDataReader row, DeviceColumn column) =>
        row.IsDBNull(At(column)) ? null : new DateTimeOffset(row.GetInt64(At(column)), TimeSpan.Zero);
}
