using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Muster.Query;
using Muster.Telemetry;
using Xunit;

namespace Muster.Routing;

public sealed class RouteConditionTests
{
    private const string Body = """{"Weather":{"Temperature":50,"IsEnabled":true,"Nothing":null,"Location":{"State":"WA"},"HistoricalData":[{"Month":"Feb"},{"Month":"Jan"}]},"a b":1}""";
    private const string Twin = """{"deviceId":"d","tags":{"site":"north","floor":1},"properties":{"desired":{"telemetryConfig":{"sendFrequency":"5m"}},"reported":{}}}""";

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("level = 'critical'", true)]
    [InlineData("LEVEL = 'critical'", true)]
    [InlineData("level = 'Critical'", false)]
    [InlineData("level <> 'low' AND NOT level = \"high\"", true)]
    [InlineData("[[odd name]] = 'x'", true)]
    [InlineData("flag = null", true)]
    [InlineData("is_defined(flag) and not is_defined(nothing)", true)]
    [InlineData("severity = 5", false)]
    [InlineData("as_number(severity) = 5", true)]
    [InlineData("as_number(level) = 5", false)]
    [InlineData("$contentType = 'application/json' AND $contentEncoding = 'utf-8'", true)]
    [InlineData("$connectionDeviceId = 'dev1'", true)]
    [InlineData("$CONNECTIONDEVICEID = 'dev1'", true)]
    [InlineData("$messageSource = 'deviceMessages'", true)]
    [InlineData("$dt-subject = 'thermostat1'", true)]
    [InlineData("$connectionModuleId = 'm'", false)]
    [InlineData("$body.Weather.Temperature = 50", true)]
    [InlineData("$body.Weather.Temperature = 50 AND level = 'critical'", true)]
    [InlineData("$body.Weather.Temperature > 49.5 and $body.Weather.Temperature <= 5e1", true)]
    [InlineData("$body.weather.temperature = 50", false)]
    [InlineData("$body.Weather.IsEnabled", true)]
    [InlineData("$body.Weather.HistoricalData[0].Month = 'Feb'", true)]
    [InlineData("$body.Weather.HistoricalData[2].Month = 'Feb'", false)]
    [InlineData("is_array($body.Weather.HistoricalData) AND is_object($body) AND is_null($body.Weather.Nothing)", true)]
    [InlineData("length($body.Weather.Location.State) = 2", true)]
    [InlineData("$body.[[a b]] = 1", true)]
    [InlineData("$twin.tags.site = 'north' AND $twin.properties.desired.telemetryConfig.sendFrequency = '5m'", true)]
    [InlineData("$twin.tags.floor + 1 = 2", true)]
    [InlineData("1 + 2 * 3 = 7 AND (1 + 2) * 3 = 9 AND 7 % 4 = 3 AND -2 - -3 = 1 AND 1 / 4 = .25", true)]
    [InlineData("1 / 0 = 1", false)]
    [InlineData("NOT (1 / 0 = 1)", false)]
    [InlineData("'a' || 'b' = 'ab'", true)]
    [InlineData("concat('a', level, 'b') = 'acriticalb'", true)]
    [InlineData("concat('a', 1) = 'a1'", false)]
    [InlineData("abs(-2) = 2 AND square(3) = 9 AND sqrt(9) = 3 AND power(2, 10) = 1024", true)]
    [InlineData("ceiling(1.2) = 2 AND floor(-1.2) = -2 AND sign(-7) = -1 AND exp(0) = 1", true)]
    [InlineData("sqrt(-1) = 0 OR NOT sqrt(-1) = 0", false)]
    [InlineData("lower('ÄB') = 'äb' AND upper('äb') = 'ÄB'", true)]
    [InlineData("substring('abcdef', 1, 2) = 'bc' AND substring('abcdef', 4) = 'ef' AND substring('abc', 9, 2) = ''", true)]
    [InlineData("index_of('abc', 'c') = 2 AND index_of('abc', 'x') = -1", true)]
    [InlineData("starts_with(level, 'cri') AND ends_with(level, 'cal') AND contains(level, 'itic')", true)]
    [InlineData("STARTSWITH(level, 'cri')", true)]
    [InlineData("contains(nothing, 'x') OR true", true)]
    [InlineData("is_bool(true) AND is_number(1) AND is_string('') AND is_primitive(null) AND NOT is_primitive($body)", true)]
    [InlineData("nothing = 'x' OR NOT nothing = 'x'", false)]
    [InlineData("undefined", false)]
    [InlineData("'true'", false)]
    [InlineData("null", false)]
    [InlineData("false < true", true)]
    [InlineData("'\uFF5E' < '\U0001F600'", true)]
    public void A_condition_holds_if_it_is_true(string condition, bool expected) => Assert.Equal(expected, RouteCondition.Parse(condition).Holds(Message()));

    [Theory]
    [InlineData("application/json", "utf-8", true)]
    [InlineData("APPLICATION/JSON; charset=utf-8", "UTF-8", true)]
    [InlineData("application/json", null, false)]
    [InlineData(null, "utf-8", false)]
    [InlineData("text/plain", "utf-8", false)]
    [InlineData("application/json", "latin1", false)]
    [InlineData("application/json", "utf-16", true)]
    [InlineData("application/json", "utf-32", true)]
    public void A_body_is_seen_only_if_its_type_and_encoding_are_those_of_json(string? type, string? encoding, bool expected)
    {
        var bytes = (encoding?.ToUpperInvariant() switch { "UTF-16" => Encoding.Unicode, "UTF-32" => Encoding.UTF32, _ => Encoding.UTF8 }).GetBytes(Body);

        Assert.Equal(expected, RouteCondition.Parse("is_object($body)").Holds(Message(bytes, type, encoding)));
        Assert.True(RouteCondition.Parse("level = 'critical'").Holds(Message(bytes, type, encoding)));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("{} {}")]
    [InlineData("\u00ff")]
    public void A_body_that_is_no_json_is_undefined(string body)
    {
        var bytes = body == "\u00ff" ? [0xff, 0xfe, 0xfd] : Encoding.UTF8.GetBytes(body);

        Assert.False(RouteCondition.Parse("is_defined($body)").Holds(Message(bytes, "application/json", "utf-8")));
    }

    [Theory]
    [InlineData("$body.a = '\\ud800'", false)]
    [InlineData("is_defined($body.a)", false)]
    [InlineData("is_defined($body.big)", false)]
    [InlineData("$body.b = 1", true)]
    public void Values_that_are_no_text_or_no_number_are_undefined_and_harm_nothing(string condition, bool expected)
    {
        var message = Message("""{"a":"\ud800","big":1e999,"b":1}"""u8.ToArray(), "application/json", "utf-8");

        Assert.Equal(expected, condition.Contains("ud800", StringComparison.Ordinal) ? Refused(condition) : RouteCondition.Parse(condition).Holds(message));
    }

    [Theory]
    [InlineData("", 0, "the end")]
    [InlineData("   ", 3, "the end")]
    [InlineData("level =", 7, "the end")]
    [InlineData("level == 'x'", 7, "'='")]
    [InlineData("level = 'x' 'y'", 12, "The end is expected")]
    [InlineData("(level = 'x'", 12, "')'")]
    [InlineData("level = 'x", 8, "does not end")]
    [InlineData("level = 'x' AND", 15, "the end")]
    [InlineData("nope(level)", 0, "no function 'nope'")]
    [InlineData("length()", 0, "takes 1 argument, not 0")]
    [InlineData("length(a, b)", 0, "takes 1 argument, not 2")]
    [InlineData("a = 'x' AND substring(a)", 12, "takes 2 to 3 arguments, not 1")]
    [InlineData("$nope = 1", 0, "There is no '$nope'")]
    [InlineData("a = 'x' OR $dt-nope = 1", 11, "There is no '$dt-nope'")]
    [InlineData("level.x = 1", 0, "begins with $body")]
    [InlineData("$body.", 6, "the end")]
    [InlineData("$body[x] = 1", 6, "index")]
    [InlineData("$body[1.5] = 1", 9, "whole number")]
    [InlineData("$body[0 = 1", 8, "']'")]
    [InlineData("$twin.deviceId = 'd'", 0, ".tags or .properties")]
    [InlineData("$twin = 1", 0, ".tags or .properties")]
    [InlineData("a = 1e999", 4, "too large")]
    [InlineData("a = 12x", 4, "malformed")]
    [InlineData("a = 'x'; DROP TABLE route", 7, "';'")]
    public void A_condition_that_is_none_is_refused_with_the_place_and_the_reason(string condition, int position, string reason)
    {
        var fault = Assert.Throws<QueryException>(() => RouteCondition.Parse(condition));

        Assert.Equal(position, fault.Position);
        Assert.Contains(reason, fault.Sentence, StringComparison.Ordinal);
    }

    // Attributes cannot hold such texts.
    [Fact]
    public void Half_of_a_surrogate_pair_is_no_part_of_a_condition()
    {
        Assert.Equal(7, Assert.Throws<QueryException>(() => RouteCondition.Parse("$body.a\ud800 = 1")).Position);
        Assert.Equal(8, Assert.Throws<QueryException>(() => RouteCondition.Parse("a = '\ud83d\ude00x\ude00b'")).Position);
        Assert.False(RouteCondition.Parse("a = '\ud83d\ude00'").Holds(Message()));
    }

    [Fact]
    public void Length_depth_and_parts_are_bounded()
    {
        Assert.Contains("8192", Assert.Throws<QueryException>(() => RouteCondition.Parse(new string(' ', 8193))).Sentence, StringComparison.Ordinal);
        foreach (var deep in (string[])["(", "NOT ", "- ", "+", "abs(", "1 - "])
        {
            Assert.Contains("deeper", Assert.Throws<QueryException>(() => RouteCondition.Parse(string.Concat(Enumerable.Repeat(deep, 70)) + "1")).Sentence, StringComparison.Ordinal);
        }

        Assert.Contains("1000 parts", Assert.Throws<QueryException>(() => RouteCondition.Parse(string.Join(" OR ", Enumerable.Repeat("a", 1100)))).Sentence, StringComparison.Ordinal);
        Assert.False(RouteCondition.Parse(string.Join(" OR ", Enumerable.Repeat("a", 990))).Holds(Message()));
        Assert.False(RouteCondition.Parse("true" + new string(' ', 8188)).NamesTwin);
    }

    [Fact]
    public void Text_that_grows_too_long_is_undefined() =>
        Assert.False(RouteCondition.Parse($"is_defined({string.Join("||", Enumerable.Repeat("long", 20))})")
            .Holds(new RouteMessage([new("long", new string('x', 65_536))], [], default)));

    [Theory]
    [InlineData("level = 'x'", false)]
    [InlineData("$body.twin = 'x'", false)]
    [InlineData("NOT (a = 'x' OR contains(lower($twin.tags.a), 'x'))", true)]
    [InlineData("-($twin.tags.a) = 1", true)]
    [InlineData("'a' || $twin.tags.a = 'x'", true)]
    public void A_twin_is_asked_for_only_if_the_condition_names_it(string condition, bool expected) => Assert.Equal(expected, RouteCondition.Parse(condition).NamesTwin);

    [Theory]
    [InlineData("Telemetry", RouteSource.DeviceMessages)]
    [InlineData("twinChangeEvents", RouteSource.TwinChangeEvents)]
    [InlineData("deviceConnectionStateEvents", RouteSource.DeviceConnectionStateEvents)]
    public void An_event_s_source_is_what_the_log_says(string stored, RouteSource expected) =>
        Assert.Equal(expected, new RouteMessage([], [new(RouteMessage.SourceProperty, stored)], default).Source);

    [Fact]
    public void An_unknown_source_is_no_source() => Assert.Null(new RouteMessage([], [new(RouteMessage.SourceProperty, "fromTheFuture")], default).Source);

    internal static RouteMessage Message(byte[]? body = null, string? type = "application/json", string? encoding = "utf-8")
    {
        var system = ImmutableArray.CreateBuilder<EventProperty>();
        system.Add(new("iothub-connection-device-id", "dev1"));
        system.Add(new("dt-subject", "thermostat1"));
        system.Add(new("iothub-message-source", "Telemetry"));
        if (type is not null)
        {
            system.Add(new("content-type", type));
        }

        if (encoding is not null)
        {
            system.Add(new("content-encoding", encoding));
        }

        return new RouteMessage(
            [new("Level", "low"), new("level", "critical"), new("severity", "5"), new("odd name", "x"), new("flag", null)],
            system.ToImmutable(),
            body ?? Encoding.UTF8.GetBytes(Body),
            JsonElement.Parse(Twin));
    }

    private static bool Refused(string condition)
    {
        Assert.Throws<QueryException>(() => RouteCondition.Parse(condition));
        return false;
    }

    // STJ throws where it compares names, and only where it must unescape one.
    [Fact]
    public void A_member_whose_name_is_no_text_makes_the_others_undefined_and_nothing_worse()
    {
        var message = new RouteMessage(
            [], [new("content-type", "application/json"), new("content-encoding", "utf-8")], """{"\ud800xxxxxxxxxxxxxxxxxx":1}"""u8.ToArray());

        Assert.False(RouteCondition.Parse("$body.temperature > 1").Holds(message));
        Assert.True(RouteCondition.Parse("NOT is_defined($body.temperature)").Holds(message));
    }
}
