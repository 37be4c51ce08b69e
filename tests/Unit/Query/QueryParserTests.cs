using CsCheck;
using Xunit;

namespace Muster.Query;

public class QueryParserTests
{
    [Theory]
    [InlineData("SELECT * FROM devices", "* of Devices")]
    [InlineData("select * from Devices", "* of Devices")]
    [InlineData("\tSELECT\n*\r\nFROM devices.modules ", "* of Modules")]
    [InlineData("SELECT*FROM devices", "* of Devices")]
    [InlineData("SELECT TOP 10 * FROM devices", "top 10 * of Devices")]
    [InlineData("SELECT DeviceId, TAGS.Site FROM devices", "deviceId as deviceId, tags.Site as Site of Devices")]
    [InlineData("SELECT properties.reported.a.b AS x FROM devices", "properties.reported.a.b as x of Devices")]
    [InlineData("SELECT Properties.Desired.$version AS [[the version]] FROM devices", "properties.desired.$version as the version of Devices")]
    [InlineData("SELECT properties FROM devices", "properties as properties of Devices")]
    [InlineData("SELECT COUNT() FROM devices", "Count() as $1 of Devices")]
    [InlineData("SELECT count () AS n, avg(tags.x), MIN(tags.x) as low FROM devices", "Count() as n, Average(tags.x) as $1, Minimum(tags.x) as low of Devices")]
    [InlineData("SELECT tags.a, SUM(tags.b) AS s, MAX(tags.b) AS m FROM devices GROUP BY tags.a, status", "tags.a as a, Sum(tags.b) as s, Maximum(tags.b) as m of Devices by tags.a, status")]
    [InlineData("SELECT count FROM devices", null)]
    [InlineData("SELECT * FROM devices.jobs WHERE jobId = 'x' AND jobType = 'scheduleUpdateTwin' AND status = 'completed'", "* of Jobs where (and (Equal jobId 'x') (Equal jobType 'scheduleUpdateTwin') (Equal status 'completed'))")]
    [InlineData("SELECT * FROM devices.jobs WHERE outcome.deviceMethodResponse.status = 200", "* of Jobs where (Equal outcome.deviceMethodResponse.status 200)")]
    public void Clauses_are_read(string text, string? tree)
    {
        if (tree is null)
        {
            Assert.Throws<QueryException>(() => TwinQuery.Parse(text));
            return;
        }

        var query = TwinQuery.Parse(text);
        Assert.Equal(tree, TreeText.Of(query));
        Assert.Equal(text, query.Text);
    }

    [Theory]
    [InlineData("tags.a = 1 OR tags.b = 2 AND NOT tags.c = 3", "(or (Equal tags.a 1) (and (Equal tags.b 2) (not (Equal tags.c 3))))")]
    [InlineData("(tags.a = 1 OR tags.b = 2) AND tags.c = 3", "(and (or (Equal tags.a 1) (Equal tags.b 2)) (Equal tags.c 3))")]
    [InlineData("a", null)]
    [InlineData("tags.a", "tags.a")]
    [InlineData("NOT NOT tags.a", "(not (not tags.a))")]
    [InlineData("tags.a != 1 AND tags.a <> 2", "(and (NotEqual tags.a 1) (NotEqual tags.a 2))")]
    [InlineData("tags.a<1 or tags.a<=2 or tags.a>3 or tags.a>=4", "(or (Less tags.a 1) (LessOrEqual tags.a 2) (Greater tags.a 3) (GreaterOrEqual tags.a 4))")]
    [InlineData("tags.a IN [1, -2, 'x', true, null]", "(in tags.a [1 -2 'x' true null])")]
    [InlineData("tags.a nin []", "(nin tags.a [])")]
    [InlineData("tags.a + 1 - 2 * 3 / 4 % 5 = 6", "(Equal (Subtract (Add tags.a 1) (Remainder (Divide (Multiply 2 3) 4) 5)) 6)")]
    [InlineData("- tags.a = -1", "(Equal (minus tags.a) -1)")]
    [InlineData("+tags.a = - -1", "(Equal tags.a 1)")]
    [InlineData("tags.a-1 = 0", "(Equal (Subtract tags.a 1) 0)")]
    [InlineData("1 = 1.5e3", "(Equal 1 1500)")]
    [InlineData(".5 = 5E-1", "(Equal 0.5 0.5)")]
    [InlineData("0xFF = 0x0a", "(Equal 255 10)")]
    [InlineData("tags.a = \"it's\"", "(Equal tags.a 'it's')")]
    [InlineData(@"tags.a = 'it\'s \""q\"" \\ \/ \b\f\n\r\t \u00e9 \ud83d\ude00'", "(Equal tags.a 'it's \"q\" \\ / \b\f\n\r\t é \ud83d\ude00')")]
    [InlineData("tags.a = undefined OR tags.a = Null OR tags.a = TRUE OR tags.a = False", "(or (Equal tags.a undefined) (Equal tags.a null) (Equal tags.a true) (Equal tags.a false))")]
    [InlineData("tags.a = [1, [2, 'x'], {a: 1, 'b c': [], \"d\": {}}]", "(Equal tags.a [1 [2 'x'] {a:1 b c:[] d:{}}])")]
    [InlineData("IS_DEFINED(tags.a) AND isdefined(tags.b)", "(and (is Defined tags.a) (is Defined tags.b))")]
    [InlineData("IS_NULL(tags.a) OR IS_STRING(tags.a) OR IS_NUMBER(tags.a) OR IS_BOOL(tags.a)", "(or (is Null tags.a) (is String tags.a) (is Number tags.a) (is Boolean tags.a))")]
    [InlineData("is_array (tags.a) OR is_object(tags.a) OR Is_Primitive(tags.a)", "(or (is Array tags.a) (is Object tags.a) (is Primitive tags.a))")]
    [InlineData("STARTSWITH(tags.a, 'x') AND ENDS_WITH(tags.a, tags.b) AND contains('abc', tags.a)", "(and (StartsWith tags.a 'x') (EndsWith tags.a tags.b) (Contains 'abc' tags.a))")]
    [InlineData("configurations.[[my config.v1]].status = 'Applied'", "(Equal configurations.<my config.v1>.status 'Applied')")]
    [InlineData("tags.[[a'\"; DROP]] = 1", "(Equal tags.<a'\"; DROP> 1)")]
    [InlineData("tags.1st.é.and = 1", "(Equal tags.1st.é.and 1)")]
    [InlineData("tags . a . b=1", "(Equal tags.a.b 1)")]
    [InlineData("Capabilities.IotEdge = true", "(Equal capabilities.iotEdge true)")]
    [InlineData("x509thumbprint.primarythumbprint = null", "(Equal x509Thumbprint.primaryThumbprint null)")]
    [InlineData("DEVICEID = 'a' and MODULEID = 'b' and ETag = 'c' and ModelId = 'd'", "(and (Equal deviceId 'a') (Equal moduleId 'b') (Equal etag 'c') (Equal modelId 'd'))")]
    [InlineData("PROPERTIES.reported.$metadata.$lastUpdated > '2026-01-01T00:00:00Z'", "(Greater properties.reported.$metadata.$lastUpdated '2026-01-01T00:00:00Z')")]
    public void Conditions_are_read(string text, string? tree)
    {
        if (tree is null)
        {
            Assert.Throws<QueryException>(() => TwinQuery.ParseCondition(text));
            return;
        }

        Assert.Equal(tree, TreeText.Of(TwinQuery.ParseCondition(text)));
        Assert.Equal($"* of Devices where {tree}", TreeText.Of(TwinQuery.Parse("SELECT * FROM devices WHERE " + text)));
    }

    /// <summary>From IoT Hub's documentation of its query language.</summary>
    [Theory]
    [InlineData("SELECT * FROM devices WHERE tags.location.region = 'US'")]
    [InlineData("SELECT * FROM devices WHERE tags.location.region = 'US' AND properties.reported.telemetryConfig.sendFrequencyInSecs >= 60")]
    [InlineData("SELECT * FROM devices WHERE properties.reported.connectivity IN ['wired', 'wifi']")]
    [InlineData("SELECT * FROM devices WHERE is_defined(properties.reported.connectivity)")]
    [InlineData("SELECT properties.reported.telemetryConfig.status AS status, COUNT() AS numberOfDevices FROM devices GROUP BY properties.reported.telemetryConfig.status")]
    [InlineData("SELECT LastActivityTime FROM devices WHERE status = 'enabled'")]
    [InlineData("SELECT deviceId, lastActivityTime FROM devices WHERE connectionState = 'Connected' AND lastActivityTime >= '2021-01-01T00:00:00Z'")]
    [InlineData("SELECT * FROM devices.modules")]
    [InlineData("SELECT * FROM devices.modules WHERE properties.reported.status = 'scanning'")]
    [InlineData("SELECT * FROM devices.modules WHERE properties.reported.status = 'scanning' AND deviceId IN ['device1', 'device2']")]
    [InlineData("SELECT * FROM devices.jobs WHERE devices.jobs.deviceId = 'myDeviceId'")]
    [InlineData("SELECT * FROM devices.jobs WHERE devices.jobs.deviceId = 'myDeviceId' AND devices.jobs.jobType = 'scheduleUpdateTwin' AND devices.jobs.status = 'completed' AND devices.jobs.createdDateTimeUtc > '2016-09-01'")]
    [InlineData("SELECT TOP 10 * FROM devices WHERE capabilities.iotEdge = true")]
    [InlineData("SELECT COUNT() AS totalNumberOfDevices FROM devices")]
    [InlineData("SELECT * FROM devices WHERE configurations.[[myconfig]].status = 'Applied'")]
    public void Published_examples_are_understood(string text) => Assert.Equal(text, TwinQuery.Parse(text).Text);

    [Fact]
    public void A_path_may_repeat_what_is_queried() => Assert.Equal(
        "deviceId as deviceId of Modules where (Equal tags.a 1)",
        TreeText.Of(TwinQuery.Parse("SELECT devices.deviceId FROM devices.modules WHERE devices.modules.tags.a = 1")));

    [Fact]
    public void The_longest_text_is_read_and_one_character_more_is_not()
    {
        var longest = "SELECT * FROM devices WHERE tags.a = '".PadRight(TwinQuery.MaxLength - 1, 'x') + "'";

        Assert.Equal(TwinQuery.MaxLength, TwinQuery.Parse(longest).Text.Length);
        Assert.Contains("8192", Assert.Throws<QueryException>(() => TwinQuery.Parse(longest + " ")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(", "tags.a", ")")]
    [InlineData("NOT ", "tags.a", "")]
    [InlineData("-", "tags.a", "")]
    [InlineData("tags.a + (", "1", ")")]
    [InlineData("1 + ", "1", "")]
    [InlineData("IS_NULL(", "tags.a", ")")]
    [InlineData("tags.a = [", "", "]")]
    [InlineData("[", "", "]")]
    [InlineData("{a:", "1", "}")]
    public void Nesting_is_bounded(string open, string inner, string close)
    {
        const int tooMany = 2000;
        var text = string.Concat(Enumerable.Repeat(open, tooMany / open.Length)) + inner + string.Concat(Enumerable.Repeat(close, tooMany / open.Length));

        Assert.Throws<QueryException>(() => TwinQuery.ParseCondition(text));
    }

    [Fact]
    public void No_text_makes_it_throw_anything_else()
    {
        string[] pieces =
        [
            "SELECT", "TOP", "*", "FROM", "devices", ".", "modules", "jobs", "WHERE", "GROUP", "BY", "AS", "AND", "OR", "NOT", "IN", "NIN", "tags", "properties",
            "desired", "$version", "deviceId", "[[", "]]", "[", "]", "(", ")", "{", "}", ",", ":", "'", "\"", "\\", "\\u12", "0x", "1", "1e", "-", "+", "/", "%", "=", "!=",
            "<", ">", "null", "true", "undefined", "IS_DEFINED", "STARTSWITH", "COUNT", "AVG", "é", "\ud83d", "\0", "_", " ", "\n",
        ];
        Pick.Of(pieces).Array[0, 30].Select(Pick.Of("", " "), (parts, separator) => string.Join(separator, parts)).Sample(
            text =>
            {
                try
                {
                    TwinQuery.Parse("SELECT * FROM devices WHERE " + text);
                }
                catch (QueryException e)
                {
                    Assert.InRange(e.Position, 0, text.Length + 28);
                }

                try
                {
                    TwinQuery.Parse(text);
                }
                catch (QueryException e)
                {
                    Assert.InRange(e.Position, 0, text.Length);
                }
            },
            iter: 5_000);
    }
}
