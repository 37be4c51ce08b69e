using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using CsCheck;
using Muster.Devices;
using Muster.Sessions;
using Orleans.Runtime;

namespace Muster.Query;

/// <summary>Twins and conditions from few names and values, so that they meet.</summary>
internal static class RandomFleet
{
    private static readonly string[] Texts =
        ["", "a", "A", "ab", "abc", "b", "1", "0", "true", "null", "é", "\ud83d\ude00", "\ufffd", "x\0y", "x", "it's", "\"q\"", "\\", "2026-01-01T00:00:00Z", "sas", "enabled"];

    private static readonly string[] Names = ["a", "b", "n", "x y", "a\"b", "é", "a.b", "\\"];

    private static readonly Gen<string> Scalar = Pick.From(
        Pick.Of("0", "1", "-1", "2", "1.0", "1.5", "1e2", "-0.5", "100", "4503599627370495"),
        Pick.Of("true", "false", "null"),
        Gen.Select(Pick.Of(Texts), Gen.Bool, Quoted));

    private static readonly Gen<string> Json = Pick.From(Scalar, Scalar, Scalar, Pick.Of("[]", "[1,\"a\"]", "{}"), ObjectOf(Scalar));

    private static readonly Gen<string> Object = ObjectOf(Json);

    private static readonly Gen<TwinSection> Section = Gen.Select(Object, Gen.Int[1, 3], Times(), (json, version, updated) => new TwinSection
    {
        Json = json == "{}" ? null : Encoding.UTF8.GetBytes(json),
        Metadata = QueryFleet.AllJustSet,
        Version = version,
        UpdatedAt = updated,
    });

    private static readonly Gen<IdentityState> Identity = Gen.Select(
        Gen.Enum<DeviceStatus>(), Pick.Of(null, "", "a", "broken"), Times(), Gen.Enum<AuthenticationType>(), Gen.Bool, Pick.Of(null, "scope", "a"), Pick.Of<string[]?>(null, [], ["a"]),
        (status, reason, updated, authentication, edge, scope, parents) => new IdentityState
        {
            GenerationId = 638_000_000_000_000_000,
            Version = 1,
            Status = status,
            StatusReason = reason,
            StatusUpdatedAt = updated,
            AuthenticationType = authentication,
            PrimaryThumbprint = authentication == AuthenticationType.SelfSigned ? "AB" : null,
            IotEdge = edge,
            DeviceScope = scope,
            ParentScopes = parents,
        });

    public static Gen<DeviceState> State { get; } = Gen.Select(
        Identity, Object, Section, Section, Gen.Bool, Times(), Pick.Of(null, "dtmi:a;1", "a"), Gen.Int[1, 3],
        (identity, tags, desired, reported, connected, active, model, version) => new DeviceState
        {
            Identity = identity,
            TwinVersion = version,
            Tags = tags == "{}" ? null : Encoding.UTF8.GetBytes(tags),
            Desired = desired,
            Reported = reported,
            Session = connected ? new SessionState { Current = new SessionRef(SiloAddress.Zero, 1, 1), Epoch = 1 } : SessionState.None,
            LastActivityAt = active,
            ModelId = model,
        });

    public static Gen<DeviceState[]> States { get; } = State.Array[0, 25];

    /// <summary>Places with a plain value, or none.</summary>
    public static Gen<string> Place { get; } = Pick.From(
        Gen.Select(Pick.Of("tags", "tags", "properties.desired", "properties.reported"), Pick.Of(Names), Below),
        Gen.Select(Pick.Of("tags", "properties.reported"), Pick.Of(Names), Pick.Of(Names), (root, first, second) => Below(Below(root, first), second)),
        Pick.Of(
            "deviceId", "moduleId", "status", "statusReason", "connectionState", "authenticationType", "lastActivityTime", "statusUpdateTime", "modelId", "version",
            "capabilities.iotEdge", "deviceScope", "cloudToDeviceMessageCount", "x509Thumbprint.primaryThumbprint", "properties.desired.$version",
            "properties.reported.$metadata.$lastUpdated", "configurations.[[x]].status"));

    private static Gen<string> Constant { get; } = Pick.From(
        Gen.Select(Pick.Of(Texts), Gen.Bool, Literal),
        Pick.Of("0", "1", "-1", "1.5", "0x2", "1e2", "100", "true", "false", "null", "undefined", "[]", "{a: 1}", "4503599627370495"),
        Pick.Of("'d1'", "'d2'", "'Connected'", "'disabled'", "'selfSigned'", "'2026-01-01T00:00:01'", "'2026-01-01T00:00:00.0000001Z'", "'0001-01-01T00:00:00'"));

    public static Gen<string> Condition { get; } = ConditionOf(3);

    private static Gen<string> Plain(Gen<string> more) => Pick.From(Place, Place, Constant, more);

    private static Gen<string> ConditionOf(int depth)
    {
        var inner = depth == 0 ? Pick.From(Place, Constant) : ConditionOf(depth - 1);
        var whole = Pick.Of("tags", "properties", "properties.desired", "capabilities", "parentScopes", "x509Thumbprint");
        var bracketed = inner.Select(text => $"({text})");
        var value = Plain(Pick.From(
            bracketed, whole, Gen.Select(Plain(bracketed), Pick.Of("+", "-", "*", "/", "%"), Plain(bracketed), (a, sign, b) => $"({a} {sign} {b})"), Place.Select(place => "-" + place)));
        return Pick.From(
            Gen.Select(value, Pick.Of("=", "=", "!=", "<>", "<", "<=", ">", ">="), value, (a, sign, b) => $"{a} {sign} {b}"),
            Gen.Select(Place, Constant, (a, b) => $"{a} = {b}"),
            Gen.Select(value, Pick.Of("IN", "NIN"), Constant.Array[0, 4], (a, sign, list) => $"{a} {sign} [{string.Join(", ", list)}]"),
            Gen.Select(bracketed, Pick.Of("AND", "OR"), bracketed, (a, sign, b) => $"{a} {sign} {b}"),
            Gen.Select(bracketed, bracketed, bracketed, (a, b, c) => $"{a} AND {b} OR {c}"),
            bracketed.Select(a => "NOT " + a),
            Gen.Select(Pick.Of("IS_DEFINED", "IS_NULL", "IS_STRING", "IS_NUMBER", "IS_BOOL", "IS_ARRAY", "IS_OBJECT", "IS_PRIMITIVE"), value, (function, a) => $"{function}({a})"),
            Gen.Select(Pick.Of("STARTSWITH", "ENDSWITH", "CONTAINS"), value, value, (function, a, b) => $"{function}({a}, {b})"));
    }

    private static Gen<DateTimeOffset?> Times() => Pick.Of<DateTimeOffset?>(
        null, At(0), At(1), At(TimeSpan.TicksPerSecond), new DateTimeOffset(1960, 2, 29, 23, 59, 59, 999, TimeSpan.Zero));

    private static DateTimeOffset At(long ticks) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(ticks);

    private static Gen<string> ObjectOf(Gen<string> value) => Gen.Select(Pick.Of(Names), Gen.Bool, value).Array[0, 4].Select(members =>
        $"{{{string.Join(',', members.DistinctBy(member => member.Item1).Select(member => $"{Quoted(member.Item1, member.Item2)}:{member.Item3}"))}}}");

    // Both spellings of JSON: characters as they are, or escaped.
    private static string Quoted(string text, bool escaped) => escaped
        ? $"\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\""
        : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static string Literal(string text, bool single)
    {
        var quote = single ? '\'' : '"';
        var literal = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            literal.Append(c == quote || c == '\\' ? "\\" + c : c == '\0' ? "\\u0000" : c.ToString(CultureInfo.InvariantCulture));
        }

        return literal.Append(quote).ToString();
    }

    private static string Below(string root, string name) => name.All(char.IsAsciiLetter) ? $"{root}.{name}" : $"{root}.[[{name}]]";
}
