using System.Collections.Immutable;
using System.Text;
using Muster.Query;

namespace Muster.Storage.Sqlite;

/// <summary>Where the store keeps the places of a twin; the device table is called <c>d</c>.</summary>
internal sealed class PlaceCompiler(SqlParameters parameters)
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
        QueryRoot.StatusReason => Nullable(Column(DeviceColumn.StatusReason)),
        QueryRoot.StatusUpdateTime => Time(DeviceColumn.StatusUpdatedAt),
        QueryRoot.ConnectionState => Text(Names(DeviceColumn.ConnectionState, "Disconnected", "Connected")),
        QueryRoot.LastActivityTime => Time(DeviceColumn.LastActivityAt),
        QueryRoot.CloudToDeviceMessageCount => new SqlValue { Number = "0" },
        QueryRoot.AuthenticationType => Text(Names(DeviceColumn.AuthenticationType, "sas", "selfSigned", "certificateAuthority", "none")),
        QueryRoot.X509Thumbprint => Thumbprint(path.Segments),
        QueryRoot.ModelId => Text($"COALESCE({Column(DeviceColumn.ModelId)},'')"),
        QueryRoot.Version => new SqlValue { Number = Column(DeviceColumn.TwinVersion) },
        QueryRoot.Tags when path.Segments.IsEmpty => SqlValue.AnObject,
        QueryRoot.Tags => SqlValue.InDocument(Column(DeviceColumn.Tags), parameters.Add(JsonPath(path.Segments))),
        QueryRoot.Properties => SqlValue.AnObject,
        QueryRoot.Desired => Section(path, DeviceColumn.Desired, DeviceColumn.DesiredVersion, DeviceColumn.DesiredUpdatedAt),
        QueryRoot.Reported => Section(path, DeviceColumn.Reported, DeviceColumn.ReportedVersion, DeviceColumn.ReportedUpdatedAt),
        QueryRoot.Capabilities => Capability(path.Segments),
        QueryRoot.DeviceScope => Text(Column(DeviceColumn.DeviceScope)),
        QueryRoot.ParentScopes => new SqlValue { Array = $"CASE WHEN json_array_length({Column(DeviceColumn.ParentScopes)})>0 THEN 1 END" },
        _ => SqlValue.Undefined,
    };

    public static string Column(DeviceColumn column) => "d." + Schema.Name(column);

    /// <summary>SQLite's path of nested members, each name in quotes and escaped as JSON has it.</summary>
    public static string JsonPath(IEnumerable<string> names)
    {
        var path = new StringBuilder("$");
        foreach (var name in names)
        {
            path.Append(".\"").Append(name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return path.ToString();
    }

    private static string IdentityNumber => $"({Column(DeviceColumn.GenerationId)}+{Column(DeviceColumn.IdentityVersion)})";

    private static SqlValue Text(string sql) => new() { Text = sql };

    private static SqlValue Nullable(string column) => new() { Text = column, Null = $"CASE WHEN {column} IS NULL THEN 1 END" };

    private static string Names(DeviceColumn column, params ReadOnlySpan<string> names)
    {
        var sql = new StringBuilder($"CASE {Column(column)}");
        for (var i = 0; i < names.Length - 1; i++)
        {
            sql.Append($" WHEN {i} THEN '{names[i]}'");
        }

        return sql.Append($" ELSE '{names[^1]}' END").ToString();
    }

    // The twin's form of a time: seconds since 1970 for strftime, the rest of the ticks behind it.
    private static SqlValue Time(DeviceColumn column)
    {
        var ticks = Column(column);
        var seconds = $"{ticks}/{TimeSpan.TicksPerSecond}-{DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerSecond}";
        var text = $"strftime('%Y-%m-%dT%H:%M:%S',{seconds},'unixepoch')||printf('.%07dZ',{ticks}%{TimeSpan.TicksPerSecond})";
        return new SqlValue { Text = $"COALESCE({text},'{QueryTime.Never}')", Ticks = $"COALESCE({ticks},0)" };
    }

    private static SqlValue Thumbprint(ImmutableArray<string> segments) => segments switch
    {
        [] => SqlValue.AnObject,
        ["primaryThumbprint"] => Nullable(Column(DeviceColumn.PrimaryThumbprint)),
        ["secondaryThumbprint"] => Nullable(Column(DeviceColumn.SecondaryThumbprint)),
        _ => SqlValue.Undefined,
    };

    private static SqlValue Capability(ImmutableArray<string> segments) => segments switch
    {
        [] => SqlValue.AnObject,
        ["iotEdge"] => SqlValue.OfTruth(Column(DeviceColumn.IotEdge)),
        _ => SqlValue.Undefined,
    };

    private SqlValue Section(QueryPath path, DeviceColumn document, DeviceColumn version, DeviceColumn updatedAt) => path.Segments switch
    {
        [] or [Metadata] => SqlValue.AnObject,
        [Version] => new SqlValue { Number = Column(version) },
        [Metadata, LastUpdated] => Time(updatedAt),
        [Metadata, ..] => throw new QueryException($"Of $metadata a condition may use {LastUpdated} of the whole section only.", path.Position),
        _ => SqlValue.InDocument(Column(document), parameters.Add(JsonPath(path.Segments))),
    };
}
