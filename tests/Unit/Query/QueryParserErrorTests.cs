using Muster.Query;
using Xunit;

namespace Muster.Tests.Query;

public class QueryParserErrorTests
{
    [Theory]
    [InlineData("", 0, "SELECT is expected")]
    [InlineData("   ", 3, "not the end")]
    [InlineData("DELETE FROM devices", 0, "'DELETE'")]
    [InlineData("SELECT", 6, "expected, not the end")]
    [InlineData("SELECT FROM devices", 7, "'FROM'")]
    [InlineData("SELECT *, deviceId FROM devices", 8, "'*' stands alone")]
    [InlineData("SELECT deviceId, * FROM devices", 17, "'*' stands alone")]
    [InlineData("SELECT * devices", 9, "FROM is expected")]
    [InlineData("SELECT * FROM", 13, "devices.modules")]
    [InlineData("SELECT * FROM things", 14, "devices.modules")]
    [InlineData("SELECT * FROM devices.things", 14, "devices.modules")]
    [InlineData("SELECT * FROM devices d", 22, "should end here")]
    [InlineData("SELECT * FROM devices ORDER BY deviceId", 22, "'ORDER'")]
    [InlineData("SELECT * FROM devices; DROP TABLE device", 21, "';'")]
    [InlineData("SELECT TOP * FROM devices", 11, "number")]
    [InlineData("SELECT TOP 0 * FROM devices", 11, "from 1")]
    [InlineData("SELECT TOP -1 * FROM devices", 11, "from 1")]
    [InlineData("SELECT TOP 1.5 * FROM devices", 11, "whole number")]
    [InlineData("SELECT TOP 9999999999 * FROM devices", 11, "whole number")]
    [InlineData("SELECT deviceId AS FROM devices", 24, "FROM is expected")]
    [InlineData("SELECT deviceId AS , status FROM devices", 19, "A name after AS")]
    [InlineData("SELECT tags.a.x, tags.b.x FROM devices", 17, "called 'x'")]
    [InlineData("SELECT temperature FROM devices", 7, "There is no 'temperature'")]
    [InlineData("SELECT properties.foo FROM devices", 7, "properties.foo")]
    [InlineData("SELECT deviceId.x FROM devices", 7, "plain value")]
    [InlineData("SELECT tags. FROM devices", 18, "FROM is expected")]
    [InlineData("SELECT tags.[[]] FROM devices", 12, "empty")]
    [InlineData("SELECT tags.[[a FROM devices", 12, "']]'")]
    [InlineData("SELECT deviceId FROM devices.jobs", 7, "only '*'")]
    [InlineData("SELECT COUNT(*) FROM devices", 13, "no argument")]
    [InlineData("SELECT COUNT(tags.a) FROM devices", 13, "no argument")]
    [InlineData("SELECT AVG() FROM devices", 11, "expected, not ')'")]
    [InlineData("SELECT AVG(1) FROM devices", 11, "'1'")]
    [InlineData("SELECT AVG(tags.a, tags.b) FROM devices", 17, "')'")]
    [InlineData("SELECT SUM(AVG(tags.a)) FROM devices", 11, "nested")]
    [InlineData("SELECT SUM(COUNT()) FROM devices", 11, "nested")]
    [InlineData("SELECT deviceId, COUNT() FROM devices", 7, "GROUP BY")]
    [InlineData("SELECT deviceId, COUNT() FROM devices GROUP BY status", 7, "GROUP BY")]
    [InlineData("SELECT deviceId FROM devices GROUP BY status", 7, "GROUP BY")]
    [InlineData("SELECT * FROM devices GROUP BY status", 22, "not '*'")]
    [InlineData("SELECT COUNT() FROM devices GROUP status", 34, "BY is expected")]
    [InlineData("SELECT COUNT() FROM devices GROUP BY", 36, "the end")]
    [InlineData("SELECT COUNT() FROM devices GROUP BY status,", 44, "the end")]
    [InlineData("SELECT COUNT() FROM devices GROUP BY 1", 37, "'1'")]
    [InlineData("SELECT * FROM devices WHERE", 27, "the end")]
    [InlineData("SELECT * FROM devices WHERE COUNT() > 1", 28, "SELECT list only")]
    [InlineData("SELECT * FROM devices WHERE tags.a =", 36, "the end")]
    [InlineData("SELECT * FROM devices WHERE tags.a == 1", 36, "'='")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 1 = 1", 39, "'='")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 1 AND", 42, "the end")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 1 tags.b = 2", 39, "'tags'")]
    [InlineData("SELECT * FROM devices WHERE (tags.a = 1", 39, "')'")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 1)", 38, "')'")]
    [InlineData("SELECT * FROM devices WHERE tags.a IN 'x'", 38, "'['")]
    [InlineData("SELECT * FROM devices WHERE tags.a IN [1", 40, "']'")]
    [InlineData("SELECT * FROM devices WHERE tags.a IN [tags.b]", 39, "constant")]
    [InlineData("SELECT * FROM devices WHERE tags.a IN [-'x']", 43, "number")]
    [InlineData("SELECT * FROM devices WHERE tags.a NOT IN [1]", 35, "'NOT'")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 'x", 37, "does not end")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 'x\\q'", 39, "escape")]
    [InlineData("SELECT * FROM devices WHERE tags.a = '\\u12'", 38, "four hexadecimal digits")]
    [InlineData("SELECT * FROM devices WHERE tags.a = '\\ud800'", 37, "surrogate")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 1e", 37, "malformed")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 12ab", 37, "malformed")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 0x", 37, "hexadecimal")]
    [InlineData("SELECT * FROM devices WHERE tags.a = 1e999", 37, "too large")]
    [InlineData("SELECT * FROM devices WHERE tags.a = {a}", 39, "':'")]
    [InlineData("SELECT * FROM devices WHERE LENGTH(tags.a) = 1", 28, "no function 'LENGTH'")]
    [InlineData("SELECT * FROM devices WHERE IS_DEFINED()", 39, "')'")]
    [InlineData("SELECT * FROM devices WHERE IS_DEFINED(tags.a, tags.b)", 45, "')'")]
    [InlineData("SELECT * FROM devices WHERE STARTSWITH(tags.a)", 45, "two arguments")]
    [InlineData("SELECT * FROM devices WHERE jobId = 'x'", 28, "There is no 'jobId'")]
    [InlineData("SELECT * FROM devices.jobs WHERE tags.a = 'x'", 33, "There is no 'tags'")]
    public void An_error_says_where_and_what(string text, int position, string part)
    {
        var error = Assert.Throws<QueryException>(() => TwinQuery.Parse(text));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(position, error.Position);
        Assert.Contains($"At position {position} ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_at_all_is_an_error() => Assert.Throws<QueryException>(() => TwinQuery.Parse(null!));
}
