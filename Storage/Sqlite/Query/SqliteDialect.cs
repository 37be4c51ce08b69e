using System.Collections.Immutable;
using System.Text;
using Muster.Query;
using Muster.Storage.Query;

namespace Muster.Storage.Sqlite;

/// <summary>SQLite's own functions: truth is 1 and 0, documents are read in place.</summary>
internal sealed class SqliteDialect : SqlDialect
{
    public override SqlParameters Parameters { get; } = new('?');

    public override string True => "1";

    public override string False => "0";

    public override string Unknown => "NULL";

    public override string Column(DeviceColumn column) => "d." + Schema.Name(column);

    // One byte below 128 is one character.
    public override string QueueDepth => $"COALESCE(unicode(CAST(substr({Column(DeviceColumn.Messages)},2,1) AS TEXT)),0)";

    public override string Flag(DeviceColumn column) => Column(column);

    public override string Number(double constant) => Number(Parameters, constant);

    /// <summary>A whole number goes in as INTEGER, as the store keeps it.</summary>
    public static string Number(SqlParameters parameters, double constant) =>
        Math.Abs(constant) <= 1L << 53 && Math.Truncate(constant) == constant ? parameters.Add((long)constant) : parameters.Add(constant);

    public override string Text(string constant) => Parameters.Add(constant);

    public override string OrderedText(string sql) => sql;

    public override string AnyText(DeviceColumn column) => Column(column);

    // By SQLite's own types: '1' is not 1, and true is not 1.
    public override SqlValue InDocument(DeviceColumn document, ImmutableArray<string> segments)
    {
        var path = Parameters.Add(JsonPath(segments));
        var type = $"json_type({Column(document)},{path})";
        var value = $"json_extract({Column(document)},{path})";
        return new SqlValue
        {
            JsonType = type,
            InDocumentValue = value,
            Number = $"CASE WHEN {type} IN ('integer','real') THEN {value} END",
            Text = $"CASE {type} WHEN 'text' THEN {value} END",
            Boolean = $"CASE {type} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
            Null = $"CASE {type} WHEN 'null' THEN 1 END",
            Array = $"CASE {type} WHEN 'array' THEN 1 END",
            Object = $"CASE {type} WHEN 'object' THEN 1 END",
        };
    }

    public override string Test(string type, TypeTestKind kind) => kind switch
    {
        TypeTestKind.Defined => $"({type} IS NOT NULL)",
        TypeTestKind.Number => $"COALESCE({type} IN ('integer','real'),0)",
        TypeTestKind.Boolean => $"COALESCE({type} IN ('true','false'),0)",
        TypeTestKind.Primitive => $"COALESCE({type} NOT IN ('array','object'),0)",
        TypeTestKind.String => $"({type} IS 'text')",
        _ => $"({type} IS '{kind.ToString().ToLowerInvariant()}')",
    };

    public override string Real(string number) => $"CAST({number} AS REAL)";

    public override string Arithmetic(ArithmeticOperator arithmetic, string left, string right) => arithmetic switch
    {
        ArithmeticOperator.Add => $"({left}+{right})",
        ArithmeticOperator.Subtract => $"({left}-{right})",
        ArithmeticOperator.Multiply => $"({left}*{right})",
        ArithmeticOperator.Divide => $"({left}/{right})",
        _ => $"mod({left},{right})",
    };

    public override string TextTest(TextTestKind kind, string text, string part)
    {
        // Bytes, since length() of a text ends at its first NUL.
        var (whole, piece) = ($"CAST({text} AS BLOB)", $"CAST({part} AS BLOB)");
        return kind switch
        {
            TextTestKind.StartsWith => Cut($"substr({whole},1,length({piece}))", text, piece),
            TextTestKind.EndsWith => Cut($"substr({whole},length({whole})-length({piece})+1)", text, piece),
            _ => $"(instr({text},{part})>0)",
        };
    }

    // Seconds since 1970 for strftime, the rest of the ticks behind it.
    public override string TimeText(string ticks)
    {
        var seconds = $"{ticks}/{TimeSpan.TicksPerSecond}-{DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerSecond}";
        return $"strftime('%Y-%m-%dT%H:%M:%S',{seconds},'unixepoch')||printf('.%07dZ',{ticks}%{TimeSpan.TicksPerSecond})";
    }

    public override string HasItems(DeviceColumn array) => $"json_array_length({Column(array)})>0";

    // A piece of the empty blob is NULL, as if the text were undefined.
    private static string Cut(string cut, string text, string piece) => $"CASE WHEN {text} IS NOT NULL THEN COALESCE({cut},x'')={piece} END";

    // Each name in quotes and escaped as JSON has it.
    private static string JsonPath(ImmutableArray<string> names)
    {
        var path = new StringBuilder("$");
        foreach (var name in names)
        {
            path.Append(".\"").Append(name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return path.ToString();
    }
}
