using Microsoft.Net.Http.Headers;

namespace Muster.Gateway;

/// <summary>Answers for people who ask with <c>Accept: text/plain</c>.</summary>
internal static class PlainText
{
    private const string ContentType = "text/plain";

    /// <summary>True if plain text is named, and JSON is not named before it.</summary>
    internal static bool IsWanted(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return false;
        }

        return Quality("text", "plain") is > 0 and var text && text > Quality("application", "json");

        double Quality(string type, string subtype) => accepted
            .Where(range => range.Type.Equals(type, StringComparison.OrdinalIgnoreCase) && range.SubType.Equals(subtype, StringComparison.OrdinalIgnoreCase))
            .Select(static range => range.Quality ?? 1).DefaultIfEmpty(0).Max();
    }

    internal static IResult Answer(string text, HttpResponse response, string etag)
    {
        response.Headers.ETag = $"\"{etag}\"";
        return TypedResults.Text(text, ContentType, System.Text.Encoding.UTF8);
    }
}
