using System.Globalization;
using Microsoft.AspNetCore.Http;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>An artifact as the answer to a request; ends its reading.</summary>
internal sealed class ArtifactAnswer(ArtifactDownload download, OpenArtifact artifact, DownloadGrant grant, DownloadSlot slot) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var held = slot;
        await using var open = artifact;
        var (request, response) = (httpContext.Request, httpContext.Response);
        var etag = $"\"{artifact.Sha256}\"";
        var part = DownloadConditions.Read(request, etag, artifact.Size);
        if (part.Status == StatusCodes.Status416RangeNotSatisfiable)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{artifact.Size}");
            await new ArtifactProblem(new Refusal(HubErrorCode.RangeNotSatisfiable, $"The artifact has {artifact.Size} bytes.")).ExecuteAsync(httpContext);
            return;
        }

        response.StatusCode = part.Status;
        response.Headers.ETag = etag;
        if (part.Status == StatusCodes.Status304NotModified)
        {
            return;
        }

        Describe(response, part);
        if (!HttpMethods.IsHead(request.Method))
        {
            await download.SendAsync(httpContext, artifact, part, grant.DeviceId);
        }
    }

    private void Describe(HttpResponse response, DownloadConditions part)
    {
        response.ContentType = "application/octet-stream";
        response.ContentLength = part.Length;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ContentDisposition = $"attachment; filename=\"{grant.FileName}\"";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "private, no-transform";
        if (part.Status == StatusCodes.Status206PartialContent)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {part.Offset}-{part.Offset + part.Length - 1}/{artifact.Size}");
        }
    }
}
