using Microsoft.Net.Http.Headers;

namespace Muster.Gateway;

/// <summary>Etags as they stand in headers: quoted or not, weak or not; the quoted star that SDKs send means any.</summary>
internal static class ETags
{
    /// <summary>The etag of <c>If-Match</c> without quotes, <c>*</c> for any, or null where there is no such header.</summary>
    internal static string? IfMatch(HttpRequest request) => Parse(request.Headers[HeaderNames.IfMatch].ToString());

    internal static string? Parse(string header)
    {
        var text = header.AsSpan().Trim();
        if (text.StartsWith("W/", StringComparison.OrdinalIgnoreCase))
        {
            text = text[2..];
        }

        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }

        return text.IsEmpty ? null : text.ToString();
    }
}
