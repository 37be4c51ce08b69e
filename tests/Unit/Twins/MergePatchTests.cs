using System.Text;
using Xunit;

namespace Muster.Twins;

public sealed class MergePatchTests
{
    /// <summary>RFC 7396, appendix A: the examples whose target and patch are objects.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void The_examples_of_the_RFC_hold(string target, string patch, string expected) => Assert.Equal(expected, Merge(target, patch));

    [Theory]
    [InlineData("""{"a":"x{}[],:\"\\"}""", """{"b":"\\\"}"}""", """{"a":"x{}[],:\"\\","b":"\\\"}"}""")]
    [InlineData("""{"a":[[{"b":null}],null]}""", """{"a":[null,{"b":null}]}""", """{"a":[null,{"b":null}]}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"b":null}}""", """{"a":{"c":2}}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":null}}""", """{"a":{}}""")]
    [InlineData("""{"a":{}}""", """{}""", """{"a":{}}""")]
    [InlineData("""{"a":1,"b":{"c":true},"d":3}""", """{"d":{"e":4},"b":2}""", """{"a":1,"b":2,"d":{"e":4}}""")]
    public void What_is_not_named_stays_byte_for_byte(string target, string patch, string expected) => Assert.Equal(expected, Merge(target, patch));

    [Fact]
    public void Many_keys_merge_in_either_order()
    {
        var target = "{" + string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"k{i}\":{i}")) + "}";
        var patch = "{" + string.Join(',', Enumerable.Range(0, 3000).Reverse().Select(i => $"\"k{i}\":{i + 1}")) + "}";
        var expected = "{" + string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"k{i}\":{i + 1}")) + "}";
        Assert.Equal(expected, Merge(target, patch));
    }

    private static string Merge(string target, string patch) =>
        Encoding.UTF8.GetString(MergePatch.Apply(Encoding.UTF8.GetBytes(target), Encoding.UTF8.GetBytes(patch)));
}
