using System.Text;
using Muster.Json;
using Xunit;

namespace Muster.Twins;

public sealed class TwinReaderTests
{
    [Theory]
    [InlineData("""{ "a" : [ 1 , { "b" : null } ] , "c" : "x y" }""", """{"a":[1,{"b":null}],"c":"x y"}""")]
    [InlineData("""{"\u0061":1,"q\"":2}""", """{"a":1,"q\"":2}""")]
    [InlineData("""{"$version":4,"a":1,"$metadata":{"$lastUpdated":"x"}}""", """{"a":1}""")]
    [InlineData("""{"a":-1.50e3,"b":4503599627370495,"c":-4503599627370496}""", """{"a":-1.50e3,"b":4503599627370495,"c":-4503599627370496}""")]
    [InlineData("""{"a":"\ud83d\ude00\n"}""", """{"a":"\ud83d\ude00\n"}""")]
    public void What_is_fine_is_kept_compactly(string json, string expected)
    {
        using var reader = new TwinReader(Encoding.UTF8.GetBytes(json), TwinPart.Reported);
        Assert.Null(reader.Read());
        Assert.Equal(expected, Encoding.UTF8.GetString(reader.Compact));
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"a":1}x""", "not valid JSON")]
    [InlineData("""{"a":1} {}""", "not valid JSON")]
    [InlineData("""{"a":1,}""", "not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("null", "must be a JSON object")]
    [InlineData("""{"a":1,"a":2}""", "'a' stands twice")]
    [InlineData("""{"a":1,"\u0061":2}""", "'a' stands twice")]
    [InlineData("""{"x":[{"a":1,"a":2}]}""", "'a' stands twice")]
    [InlineData("""{"a.b":1}""", "'a.b'")]
    [InlineData("""{"a b":1}""", "'a b'")]
    [InlineData("""{"n":{"$version":1}}""", "'$version'")]
    [InlineData("""{"\u0085":1}""", "control character")]
    [InlineData("""{"a":4503599627370496}""", "'a'")]
    [InlineData("""{"a":99999999999999999999}""", "'a'")]
    [InlineData("""{"a":1e400}""", "'a'")]
    [InlineData("""{"a":"\ud83d"}""", "surrogate")]
    [InlineData("""{"a":"\u0000"}""", "U+0000")]
    public void What_breaks_a_rule_is_named(string json, string says) => Assert.Contains(says, Problem(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_text_are_refused() => Assert.Contains("UTF-8", Problem([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']), StringComparison.Ordinal);

    [Fact]
    public void Ten_objects_within_one_another_are_the_most()
    {
        Assert.Null(Nested(10));
        Assert.Contains("deeper than 10", Nested(11), StringComparison.Ordinal);
        Assert.Contains("deeper than 10", Nested(25), StringComparison.Ordinal);
        Assert.NotNull(Nested(5000));

        static string? Nested(int depth)
        {
            var json = string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "{\"b\":1}" + new string('}', depth);
            using var reader = new TwinReader(Encoding.UTF8.GetBytes(json), TwinPart.Tags);
            return reader.Read();
        }
    }

    [Fact]
    public void Keys_and_strings_have_their_lengths()
    {
        Assert.Null(ProblemOrNull($$"""{"{{new string('k', 1024)}}":"{{new string('v', 4096)}}"}"""));
        Assert.Contains("1024", ProblemOrNull($$"""{"{{new string('k', 1025)}}":1}"""), StringComparison.Ordinal);
        Assert.Contains("'k' in properties.reported is 4097 bytes", ProblemOrNull($$"""{"k":"{{new string('v', 4097)}}"}"""), StringComparison.Ordinal);
        Assert.Null(ProblemOrNull("{\"k\":\"" + string.Concat(Enumerable.Repeat("\\u0041", 4096)) + "\"}"));
    }

    [Fact]
    public void Sizes_count_keys_and_values_as_IoT_Hub_does()
    {
        Assert.Equal(3 + 8 + 1 + 4 + 1 + 0 + 1 + 2 + 1 + 8 + 8, TwinLimits.SizeOf("""{"key":1,"b":true,"n":null,"s":"\u00e9","a":[1,{"":2}]}"""u8));
        Assert.Equal(1 + 4, TwinLimits.SizeOf("""{"s":"\ud83d\ude00"}"""u8));
        Assert.Null(TwinLimits.CheckSize(Filled(8192), TwinPart.Tags));
        Assert.Contains("8193 bytes; the limit is 8192", TwinLimits.CheckSize(Filled(8193), TwinPart.Tags), StringComparison.Ordinal);

        static byte[] Filled(int size) => Encoding.UTF8.GetBytes(
            $$"""{"a":"{{new string('x', 4000)}}","b":"{{new string('x', 4000)}}","c":"{{new string('x', size - 8003)}}"}""");
    }

    private static string? ProblemOrNull(string json)
    {
        using var reader = new TwinReader(Encoding.UTF8.GetBytes(json), TwinPart.Reported);
        return reader.Read();
    }

    private static string Problem(byte[] json)
    {
        using var reader = new TwinReader(json, TwinPart.Reported);
        return reader.Read() ?? "nothing wrong";
    }
}
