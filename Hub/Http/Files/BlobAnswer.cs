using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Muster.Calls;

namespace Muster.Files;

/// <summary>A blob, or the part of it that was asked for; nothing but its properties to HEAD. Ends the reading.</summary>
internal sealed partial class BlobAnswer(IBlobReader reader, ILogger logger) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var open = reader;
        var (request, response) = (httpContext.Request, httpContext.Response);
        var blob = reader.Properties;
        var asked = request.Headers.TryGetValue("x-ms-range", out var range) ? range : request.Headers.Range;
        if (BlobRange.Read(asked.ToString(), blob.Size) is not { } part)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{blob.Size}");
            await BlobError.BadRange.ExecuteAsync(httpContext);
            return;
        }

        Describe(response, blob);
        Disarm(response);
        response.ContentType = CanBeSaid(blob.ContentType) ? blob.ContentType : BlobRoutes.DefaultContentType;
        response.ContentLength = part.Length;
        response.Headers.AcceptRanges = "bytes";
        response.Headers["x-ms-blob-type"] = "BlockBlob";
        if (part.IsPart)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {part.Offset}-{part.Offset + part.Length - 1}/{blob.Size}");
        }

        if (!HttpMethods.IsHead(request.Method))
        {
            await CopyAsync(httpContext, part);
        }
    }

    /// <summary>Whether a text can be the value of a header, which is ASCII without control characters.</summary>
    internal static bool CanBeSaid(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    internal static void Describe(HttpResponse response, BlobProperties blob)
    {
        response.Headers.ETag = $"\"{blob.ETag}\"";
        response.Headers.LastModified = HeaderUtilities.FormatDate(blob.ModifiedAt);
    }

    // Filters do not see this any more. Once a byte is out, nothing but a broken connection can say that the rest does not come.
    private async Task CopyAsync(HttpContext http, BlobRange part)
    {
        try
        {
            await reader.CopyToAsync(http.Response.Body, part.Offset, part.Length, http.RequestAborted);
        }
        catch (Exception fault) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested
            && (fault is IOException || CallFaults.IsTransient(fault)))
        {
            LogUnreadable(logger, fault);
            http.Response.ContentLength = null;
            http.Response.Headers.ContentRange = default;
            http.Response.Headers.ETag = default;
            http.Response.Headers.LastModified = default;
            await BlobError.Unavailable.ExecuteAsync(http);
        }
    }

    [LoggerMessage(EventId = 8043, Level = LogLevel.Warning, Message = "A blob that was asked for could not be read now")]
    private static partial void LogUnreadable(ILogger logger, Exception fault);

    /// <summary>A device chose the bytes and their type, and the console is of the same origin: no browser may take them for a page of ours.</summary>
    private static void Disarm(HttpResponse response)
    {
        response.Headers.ContentDisposition = "attachment";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox";
    }
}

/// <summary>Which bytes of a blob were asked for.</summary>
/// <param name="IsPart">Whether a range was asked for at all.</param>
internal readonly record struct BlobRange(long Offset, long Length, bool IsPart)
{
    /// <summary>Reads <c>bytes=a-b</c>, <c>a-</c> and <c>-n</c>; several ranges, or another text, mean the whole. Null where the blob has no such byte.</summary>
    internal static BlobRange? Read(string header, long size)
    {
        if (!RangeHeaderValue.TryParse(header, out var parsed) || parsed.Ranges.Count != 1 || !parsed.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return new BlobRange(0, size, IsPart: false);
        }

        var range = parsed.Ranges.Single();
        if (range.From is not { } from)
        {
            var last = Math.Min(range.To ?? 0, size);
            return last > 0 ? new BlobRange(size - last, last, IsPart: true) : null;
        }

        return from < size ? new BlobRange(from, Math.Min(range.To ?? long.MaxValue, size - 1) - from + 1, IsPart: true) : null;
    }
}
