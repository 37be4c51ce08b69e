using Microsoft.AspNetCore.Http;
using Xunit;

namespace Muster.Releases;

public sealed class DownloadConditionsTests
{
    private const string ETag = "\"abc\"";

    [Theory]
    [InlineData("bytes=0-9", 206, 0, 10)]
    [InlineData("bytes=90-", 206, 90, 10)]
    [InlineData("bytes=-5", 206, 95, 5)]
    [InlineData("bytes=-500", 206, 0, 100)]
    [InlineData("bytes=50-1000", 206, 50, 50)]
    [InlineData("bytes=100-", 416, 0, 0)]
    [InlineData("bytes=-0", 416, 0, 0)]
    [InlineData("bytes=0-1,5-6", 200, 0, 100)]
    [InlineData("lines=0-1", 200, 0, 100)]
    [InlineData("nonsense", 200, 0, 100)]
    [InlineData("", 200, 0, 100)]
    public void A_single_range_is_served_and_what_is_not_understood_is_the_whole(string range, int status, long offset, long length) =>
        Assert.Equal(new DownloadConditions(status, offset, length), Read(range: range));

    [Theory]
    [InlineData(ETag, 206)]
    [InlineData("\"other\"", 200)]
    [InlineData("W/\"abc\"", 200)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", 200)]
    public void A_range_is_served_only_of_what_its_asker_has_a_part_of(string ifRange, int status) =>
        Assert.Equal(status, Read(range: "bytes=0-9", ifRange: ifRange).Status);

    [Theory]
    [InlineData(ETag, 304)]
    [InlineData("W/\"abc\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"x\", \"abc\"", 304)]
    [InlineData("\"x\"", 206)]
    public void Who_has_it_already_is_told_so(string ifNoneMatch, int status) =>
        Assert.Equal(status, Read(range: "bytes=0-9", ifNoneMatch: ifNoneMatch).Status);

    [Fact]
    public void To_HEAD_a_range_means_nothing() => Assert.Equal(new DownloadConditions(200, 0, 100), Read("HEAD", "bytes=0-9"));

    private static DownloadConditions Read(string method = "GET", string range = "", string ifRange = "", string ifNoneMatch = "")
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("Range", range), ("If-Range", ifRange), ("If-None-Match", ifNoneMatch)])
        {
            if (value.Length > 0)
            {
                request.Headers[name] = value;
            }
        }

        return DownloadConditions.Read(request, ETag, 100);
    }
}
