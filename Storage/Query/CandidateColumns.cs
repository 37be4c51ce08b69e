using System.Collections.Immutable;
using Muster.Query;
using Muster.Updates;

namespace Muster.Storage.Query;

/// <summary>What a plan looks at in a device, in SQL: id, site, excluded (1 or 0), model, hardware revision, software version, group.</summary>
internal static class CandidateColumns
{
    private const string Component = "deviceInformation";

    public static string Of(SqlDialect dialect, ConditionCompiler conditions, CandidatePage page)
    {
        string[] columns =
        [
            dialect.Column(DeviceColumn.DeviceId),
            page.SiteTag is { } site ? Site(dialect.InDocument(DeviceColumn.Tags, Segments(site)), dialect) : "''",
            page.ExcludeTag is { } exclude ? Excluded(dialect.InDocument(DeviceColumn.Tags, Segments(exclude)), dialect) : "0",
            Fact("model"),
            Fact("hwRevision"),
            Fact("swVersion"),
            Group(conditions, page),
        ];
        return string.Join(',', columns);

        string Fact(string name) => dialect.InDocument(DeviceColumn.Reported, [Component, name]).Text!;
    }

    private static ImmutableArray<string> Segments(string path) => [.. path.Split('.')];

    // A number is a site's name as well.
    private static string Site(SqlValue tag, SqlDialect dialect) =>
        $"COALESCE({tag.Text},CASE WHEN {tag.Test(TypeTestKind.Number, dialect)} THEN CAST({tag.InDocumentValue} AS TEXT) END,'')";

    private static string Excluded(SqlValue tag, SqlDialect dialect) =>
        $"CASE WHEN {tag.Boolean} THEN 1 WHEN {tag.Text}={dialect.Text("true")} THEN 1 ELSE 0 END";

    private static string Group(ConditionCompiler conditions, CandidatePage page)
    {
        if (page.GroupConditions.IsDefaultOrEmpty)
        {
            return "-1";
        }

        var groups = page.GroupConditions.Select((query, group) => $" WHEN {(query.Where is { } where ? conditions.Condition(where) : "1=1")} THEN {group}");
        return $"CASE{string.Concat(groups)} ELSE -1 END";
    }
}
