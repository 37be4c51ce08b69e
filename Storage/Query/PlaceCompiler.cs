using System.Collections.Immutable;
using System.Text;
using Muster.Query;

namespace Muster.Storage.Query;

/// <summary>Where the stores keep the places of a twin.</summary>
internal sealed class PlaceCompiler(SqlDialect dialect)
{
    private const string Version = "$version";
    private const string Metadata = "$metadata";
    private const string LastUpdated = "$lastUpdated";

    public SqlValue Compile(QueryPath path) => path.Root switch
    {
        QueryRoot.DeviceId => Text(Column(DeviceColumn.DeviceId)),
        QueryRoot.ModuleId => Text($"NULLIF({Column(DeviceColumn.ModuleId)},'')"),
        QueryRoot.ETag => new SqlValue { Code = new(Column(DeviceColumn.TwinVersion), ETagCodes.TwinVersion) },
        QueryRoot.DeviceETag => new SqlValue { Code = new(IdentityNumber, ETagCodes.IdentityNumber) },
        QueryRoot.Status => Text(Names(DeviceColumn.Status, "enabled", "disabled")),
        QueryRoot.StatusReason => Nullable(DeviceColumn.StatusReason),
        QueryRoot.StatusUpdateTime => Time(DeviceColumn.StatusUpdatedAt),
        QueryRoot.ConnectionState => Text(Names(DeviceColumn.ConnectionState, "Disconnected", "Connected")),
        QueryRoot.LastActivityTime => Time(DeviceColumn.LastActivityAt),
        QueryRoot.CloudToDeviceMessageCount => new SqlValue { Number = dialect.QueueDepth },
        QueryRoot.AuthenticationType => Text(Names(DeviceColumn.AuthenticationType, "sas", "selfSigned", "certificateAuthority", "none")),
        QueryRoot.X509Thumbprint => Thumbprint(path.Segments),
        QueryRoot.ModelId => Text($"COALESCE({dialect.AnyText(DeviceColumn.ModelId)},'')"),
        QueryRoot.Version => new SqlValue { Number = Column(DeviceColumn.TwinVersion) },
        QueryRoot.Tags when path.Segments.IsEmpty => SqlValue.AnObject,
        QueryRoot.Tags => dialect.InDocument(DeviceColumn.Tags, path.Segments),
        QueryRoot.Properties => SqlValue.AnObject,
        QueryRoot.Desired => Section(path, DeviceColumn.Desired, DeviceColumn.DesiredVersion, DeviceColumn.DesiredUpdatedAt),
        QueryRoot.Reported => Section(path, DeviceColumn.Reported, DeviceColumn.ReportedVersion, DeviceColumn.ReportedUpdatedAt),
        QueryRoot.Capabilities => Capability(path.Segments),
        QueryRoot.DeviceScope => Text(dialect.AnyText(DeviceColumn.DeviceScope)),
        QueryRoot.ParentScopes => new SqlValue { Array = $"CASE WHEN {dialect.HasItems(DeviceColumn.ParentScopes)} THEN 1 END" },
        _ => SqlValue.Undefined,
    };

    private string Column(DeviceColumn column) => dialect.Column(column);

    private string IdentityNumber => $"({Column(DeviceColumn.GenerationId)}+{Column(DeviceColumn.IdentityVersion)})";

    private SqlValue Text(string sql) => new() { Text = dialect.OrderedText(sql) };

    private SqlValue Nullable(DeviceColumn column) =>
        new() { Text = dialect.OrderedText(dialect.AnyText(column)), Null = $"CASE WHEN {Column(column)} IS NULL THEN 1 END" };

    private string Names(DeviceColumn column, params ReadOnlySpan<string> names)
    {
        var sql = new StringBuilder($"CASE {Column(column)}");
        for (var i = 0; i < names.Length - 1; i++)
        {
            sql.Append($" WHEN {i} THEN '{names[i]}'");
        }

        return sql.Append($" ELSE '{names[^1]}' END").ToString();
    }

    private SqlValue Time(DeviceColumn column)
    {
        var ticks = Column(column);
        return new SqlValue
        {
            Text = dialect.OrderedText($"COALESCE({dialect.TimeText(ticks)},'{QueryTime.Never}')"),
            Ticks = $"COALESCE({ticks},0)",
        };
    }

    private SqlValue Thumbprint(ImmutableArray<string> segments) => segments switch
    {
        [] => SqlValue.AnObject,
        ["primaryThumbprint"] => Nullable(DeviceColumn.PrimaryThumbprint),
        ["secondaryThumbprint"] => Nullable(DeviceColumn.SecondaryThumbprint),
        _ => SqlValue.Undefined,
    };

    private SqlValue Capability(ImmutableArray<string> segments) => segments switch
    {
        [] => SqlValue.AnObject,
        ["iotEdge"] => SqlValue.OfTruth(dialect.Flag(DeviceColumn.IotEdge)),
        _ => SqlValue.Undefined,
    };

    private SqlValue Section(QueryPath path, DeviceColumn document, DeviceColumn version, DeviceColumn updatedAt) => path.Segments switch
    {
        [] or [Metadata] => SqlValue.AnObject,
        [Version] => new SqlValue { Number = Column(version) },
        [Metadata, LastUpdated] => Time(updatedAt),
        [Metadata, ..] => throw new QueryException($"Of $metadata a condition may use {LastUpdated} of the whole section only.", path.Position),
        _ => dialect.InDocument(document, path.Segments),
    };
}
