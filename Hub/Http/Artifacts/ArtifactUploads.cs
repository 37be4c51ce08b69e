using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Decides what a request means for an upload, and does it.</summary>
internal sealed class ArtifactUploads(UploadReceiver receiver, UploadIntake intake, IGrainFactory grains, IOptions<ReleaseOptions> options)
{
    internal async Task<IResult> TakeAsync(UploadTurn turn, ArtifactUpload upload, HttpContext http)
    {
        var (range, malformed) = UploadRange.Read(http.Request.Headers.ContentRange.ToString(), http.Request.ContentLength);
        var total = upload.Spec!.Size ?? range.Total;
        if (upload.File is null && (malformed ?? UploadRules.Check(range, upload, total, options.Value.MaxArtifactBytes)) is { } why)
        {
            ArtifactUploadRoutes.Describe(http, upload.Received);
            return new ArtifactProblem(why);
        }

        return upload.File is null && range.Kind != UploadRangeKind.Question
            ? await ReceiveAsync(turn, upload, http, range with { Total = total })
            : await ContinueAsync(turn, upload, http, total);
    }

    private async Task<IResult> ReceiveAsync(UploadTurn turn, ArtifactUpload upload, HttpContext http, UploadRange range)
    {
        var grain = grains.GetGrain<IArtifactUploadGrain>(turn.UploadId);
        if (range.Kind == UploadRangeKind.Whole && upload.Received > 0)
        {
            await grain.RestartAsync();
        }

        // Pieces are bounded as they come, by what artifacts may have.
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var (received, ended) = await receiver.ReceiveAsync(turn, http.Request, range.Offset, http.RequestAborted);
        if (ended is not null || (UploadRules.EndOf(range) is { } end && received != end))
        {
            ArtifactUploadRoutes.Describe(http, received);
            return new ArtifactProblem(ended ?? UploadRules.Truncated(received, UploadRules.EndOf(range)!.Value));
        }

        var now = await grain.GetAsync() ?? upload;
        return await ContinueAsync(turn, now, http, range.Total ?? (range.Kind == UploadRangeKind.Whole ? received : null));
    }

    private async Task<IResult> ContinueAsync(UploadTurn turn, ArtifactUpload upload, HttpContext http, long? total)
    {
        if (upload.File is null && (upload.Received == 0 || upload.Received != total))
        {
            return upload.Received > total
                ? new ArtifactProblem(Refusals.Invalid($"{upload.Received} bytes came, but the artifact was said to have {total}."))
                : ArtifactUploadRoutes.Received(http, upload.Received, StatusCodes.Status202Accepted);
        }

        // What is complete is brought to its end, whether its sender still waits for the answer or not.
        var (artifact, why) = await intake.FinishAsync(turn, upload, CancellationToken.None);
        return artifact is null ? new ArtifactProblem(why!)
            : TypedResults.Json(UploadedArtifact.From(artifact), ArtifactJson.Default.UploadedArtifact, statusCode: StatusCodes.Status201Created);
    }
}
