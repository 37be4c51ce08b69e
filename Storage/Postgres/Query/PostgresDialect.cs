using System.Collections.Immutable;
using System.Globalization;
using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Postgres;

/// <summary>
/// PostgreSQL: what a query names in documents is taken out once for each row and called <c>v</c> with a number; the functions are the
/// schema's own, since PostgreSQL's end in an error where a value is unusual.
/// </summary>
internal sealed class PostgresDialect : SqlDialect
{
    private static readonly ImmutableArray<DeviceColumn> Parsed = [DeviceColumn.Desired, DeviceColumn.Reported];

    private readonly List<(string Sql, SqlValue Value)> places = [];
    private readonly HashSet<DeviceColumn> documents = [];

    public override SqlParameters Parameters { get; } = new('$');

    public override string True => "true";

    public override string False => "false";

    public override string Unknown => "NULL::boolean";

    /// <summary>What stands behind the device table in FROM, once everything is compiled.</summary>
    public string Documents => places.Count == 0 ? "" : (documents.Count == 0 ? "" : Lateral(
        Parsed.Where(documents.Contains).Select(document => $"muster_json({Column(document)}) AS {ColumnNames.Of(document)}"), "j"))
        + Lateral(places.Select((place, number) => $"{place.Sql} AS v{number}"), "p");

    public override string Column(DeviceColumn column) => "d." + ColumnNames.Of(column);

    public override string QueueDepth => $"COALESCE(get_byte({Column(DeviceColumn.Messages)},1),0)";

    public override string Flag(DeviceColumn column) => $"({Column(column)}<>0)";

    public override string Number(double constant) => Parameters.Add(constant);

    public override string Text(string constant) => OrderedText(Parameters.Add(JsonbText.Encode(constant)));

    public override string OrderedText(string sql) => $"({sql} COLLATE \"C\")";

    public override string AnyText(DeviceColumn column) => $"muster_coded({Column(column)})";

    public override SqlValue InDocument(DeviceColumn document, ImmutableArray<string> segments)
    {
        var steps = string.Concat(segments.Select(name => "->" + Parameters.Add(JsonbText.Encode(name))));
        var sql = (document == DeviceColumn.Tags ? "d.tags_index" : "j." + ColumnNames.Of(document)) + steps;
        if (places.Find(place => place.Sql == sql) is { Value: { } known })
        {
            return known;
        }

        documents.UnionWith(document == DeviceColumn.Tags ? [] : [document]);
        var value = Value($"p.v{places.Count.ToString(CultureInfo.InvariantCulture)}", $"(muster_text({Column(document)})::json{steps})::text");
        places.Add((sql, value));
        return value;
    }

    public override string Test(string type, TypeTestKind kind) => kind switch
    {
        TypeTestKind.Defined => $"({type} IS NOT NULL)",
        TypeTestKind.Primitive => $"COALESCE({type} NOT IN ('array','object'),false)",
        _ => $"COALESCE({type}='{kind.ToString().ToLowerInvariant()}',false)",
    };

    public override string Real(string number) => $"({number})::float8";

    public override string Arithmetic(ArithmeticOperator arithmetic, string left, string right) => arithmetic switch
    {
        ArithmeticOperator.Add => $"muster_add({left},{right})",
        ArithmeticOperator.Subtract => $"muster_add({left},-({right}))",
        ArithmeticOperator.Multiply => $"muster_multiply({left},{right})",
        ArithmeticOperator.Divide => $"muster_divide({left},{right})",
        _ => $"muster_remainder({left},{right})",
    };

    public override string TextTest(TextTestKind kind, string text, string part) => kind switch
    {
        TextTestKind.StartsWith => $"starts_with({text},{part})",
        TextTestKind.EndsWith => $"(right({text},length({part}))={part})",
        _ => $"(strpos({text},{part})>0)",
    };

    // A timestamp has microseconds only: the rest of the ticks stands behind it.
    public override string TimeText(string ticks)
    {
        var seconds = $"({ticks}/{TimeSpan.TicksPerSecond}-{DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerSecond})";
        return $"to_char(timestamp '1970-01-01'+{seconds}*interval '1 second','YYYY-MM-DD\"T\"HH24:MI:SS')"
            + $"||'.'||lpad(({ticks}%{TimeSpan.TicksPerSecond})::text,7,'0')||'Z'";
    }

    public override string HasItems(DeviceColumn array) => $"{Column(array)}<>'[]'";

    // A subquery that the planner may not dissolve, or it would take the document apart for every mention of the place.
    private static string Lateral(IEnumerable<string> columns, string name) => $" CROSS JOIN LATERAL (SELECT {string.Join(',', columns)} OFFSET 0) {name}";

    private SqlValue Value(string place, string text)
    {
        var type = $"jsonb_typeof({place})";
        return new SqlValue
        {
            JsonType = type,
            InDocumentValue = text,
            Number = $"CASE {type} WHEN 'number' THEN muster_number({place}) END",
            IsReal = true,
            Text = OrderedText($"CASE {type} WHEN 'string' THEN {place}#>>'{{}}' END"),
            Boolean = $"CASE {type} WHEN 'boolean' THEN {place}='true'::jsonb END",
            Null = $"CASE {type} WHEN 'null' THEN 1 END",
            Array = $"CASE {type} WHEN 'array' THEN 1 END",
            Object = $"CASE {type} WHEN 'object' THEN 1 END",
        };
    }
}
