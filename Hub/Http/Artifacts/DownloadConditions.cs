using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Muster.Files;

namespace Muster.Releases;

/// <summary>What a request for an artifact gets, by its conditional headers (RFC 9110, sections 13 and 14). Pure.</summary>
/// <param name="Status">200, 206, 304 or 416.</param>
/// <param name="Offset">Of the first byte.</param>
/// <param name="Length">Bytes that go out.</param>
internal readonly record struct DownloadConditions(int Status, long Offset, long Length)
{
    /// <param name="etag">Strong, in quotes.</param>
    internal static DownloadConditions Read(HttpRequest request, string etag, long size)
    {
        if (MatchesNone(request.Headers.IfNoneMatch.ToString(), etag))
        {
            return new DownloadConditions(StatusCodes.Status304NotModified, 0, 0);
        }

        var whole = new DownloadConditions(StatusCodes.Status200OK, 0, size);
        if (!HttpMethods.IsGet(request.Method) || !IsSame(request.Headers.IfRange.ToString(), etag))
        {
            return whole;
        }

        return BlobRange.Read(request.Headers.Range.ToString(), size) switch
        {
            null => new DownloadConditions(StatusCodes.Status416RangeNotSatisfiable, 0, 0),
            { IsPart: true } part => new DownloadConditions(StatusCodes.Status206PartialContent, part.Offset, part.Length),
            _ => whole,
        };
    }

    private static bool MatchesNone(string ifNoneMatch, string etag) => ifNoneMatch.Length > 0
        && EntityTagHeaderValue.TryParseList([ifNoneMatch], out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Tag.Equals(etag, StringComparison.Ordinal));

    // Without the header the range holds; a weak etag, or a date where there is no Last-Modified, is never the same.
    private static bool IsSame(string ifRange, string etag) => ifRange.Length == 0 || ifRange == etag;
}
