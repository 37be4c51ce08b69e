using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>
/// <c>/artifacts/uploads/{token}</c>: PUT the file, whole or in pieces by <c>Content-Range</c>. 202 with <c>Range</c> says how much came, which a crash does not
/// take away; HEAD and GET ask for it; 201 says that the artifact belongs to its release.
/// </summary>
internal static class ArtifactUploadRoutes
{
    private const string OffsetHeader = "Upload-Offset";

    internal static void MapArtifactUploads(this IEndpointRouteBuilder artifacts)
    {
        artifacts.MapPut("/uploads/{token}", PutAsync);
        artifacts.MapMethods("/uploads/{token}", [HttpMethods.Get, HttpMethods.Head], AskAsync);
    }

    private static async Task<IResult> AskAsync(string token, HttpContext http, ArtifactLinks links, IGrainFactory grains)
    {
        var (upload, _, why) = await FindAsync(token, links, grains);
        return upload is null ? new ArtifactProblem(why!) : Received(http, upload.Received, StatusCodes.Status200OK);
    }

    private static async Task<IResult> PutAsync(
        string token, HttpContext http, ArtifactLinks links, IGrainFactory grains, UploadSessions sessions, ArtifactUploads uploads)
    {
        var (upload, uploadId, why) = await FindAsync(token, links, grains);
        if (upload is null)
        {
            return new ArtifactProblem(why!);
        }

        using var turn = sessions.Enter(uploadId, out var isFull);
        return turn is not null ? await uploads.TakeAsync(turn, upload, http)
            : new ArtifactProblem(isFull ? ArtifactProblem.Busy("uploads") : new Refusal(HubErrorCode.UploadOffsetConflict, "Another request is at this upload."));
    }

    private static async Task<(ArtifactUpload? Upload, string UploadId, Refusal? Why)> FindAsync(string token, ArtifactLinks links, IGrainFactory grains)
    {
        if (links.VerifyUpload(token, out var uploadId) is not LinkVerdict.Valid and var verdict)
        {
            return (null, uploadId, ArtifactProblem.Link(verdict));
        }

        var upload = await grains.GetGrain<IArtifactUploadGrain>(uploadId).GetAsync();
        return (upload, uploadId, upload is null ? new Refusal(HubErrorCode.UploadNotFound, "The upload has ended: its artifact is there, or its time was over.") : null);
    }

    /// <summary>How much came so far; as bytes of a file that is not there yet, and as a number for who finds that easier.</summary>
    internal static IResult Received(HttpContext http, long received, int status)
    {
        Describe(http, received);
        return TypedResults.StatusCode(status);
    }

    internal static void Describe(HttpContext http, long received)
    {
        http.Response.Headers[OffsetHeader] = received.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.CacheControl = "no-store";
        if (received > 0)
        {
            http.Response.Headers.Range = string.Create(CultureInfo.InvariantCulture, $"bytes=0-{received - 1}");
        }
    }
}
