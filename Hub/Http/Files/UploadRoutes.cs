using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muster.Calls;
using Muster.Errors;
using Muster.Http;

namespace Muster.Files;

/// <summary><c>/devices/{id}/files</c>: a device asks for a link to upload a file to, and says later how that went.</summary>
internal static class UploadRoutes
{
    private const int MaxBodyBytes = 16 * 1024;
    private const int MaxCorrelationId = 128;
    private const int MaxDescription = 1024;

    internal static void MapUploads(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/devices/{deviceId}/files", BeginAsync);
        routes.MapPost("/devices/{deviceId}/files/notifications/{correlationId?}", EndAsync);
    }

    private static async Task<IResult> BeginAsync(HttpContext context, IGrainFactory grains, GrainCalls calls, IUploadTarget target)
    {
        var (request, refused) = await ReadAsync(context, HttpJson.Default.UploadRequest);
        if (request is not { BlobName: { } name })
        {
            return new DeviceError(refused ?? new Refusal(HubErrorCode.ArgumentNull, "blobName must be given."));
        }

        var device = DeviceCaller.Of(context).Key.DeviceId;
        var uploads = grains.GetGrain<IFileUploadsGrain>(device);
        return await calls.CallAsync(device, Repeat.IfNotRun, () => uploads.BeginAsync(name), context.RequestAborted) switch
        {
            UploadReply.Accepted { Upload: var upload } => await LinkAsync(uploads, upload, target, context.RequestAborted),
            UploadReply.Refused { Why: var why } => new DeviceError(why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    private static async Task<IResult> LinkAsync(IFileUploadsGrain uploads, FileUpload upload, IUploadTarget target, CancellationToken cancellationToken)
    {
        try
        {
            var link = await target.LinkAsync(upload.BlobName, upload.ExpiresAt, cancellationToken);
            return TypedResults.Json(
                new UploadAnswer(upload.CorrelationId, link.HostName, link.ContainerName, link.BlobName, link.SasToken), HttpJson.Default.UploadAnswer);
        }
        catch
        {
            // Nobody will ever end it, and it is one of few.
            await uploads.EndAsync(new UploadResult { CorrelationId = upload.CorrelationId, IsSuccess = false });
            throw;
        }
    }

    private static async Task<IResult> EndAsync(HttpContext context, IGrainFactory grains, GrainCalls calls)
    {
        var (notice, refused) = await ReadAsync(context, HttpJson.Default.UploadNotice);
        if (notice is null || Result(notice, context.GetRouteValue("correlationId") as string) is not { } result)
        {
            return new DeviceError(refused ?? new Refusal(HubErrorCode.ArgumentNull, "correlationId and isSuccess must be given."));
        }

        var device = DeviceCaller.Of(context).Key.DeviceId;
        var uploads = grains.GetGrain<IFileUploadsGrain>(device);
        return await calls.CallAsync(device, Repeat.IfNotRun, () => uploads.EndAsync(result), context.RequestAborted) switch
        {
            UploadReply.Accepted => TypedResults.NoContent(),
            UploadReply.Refused { Why: var why } => new DeviceError(why),
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
    }

    private static UploadResult? Result(UploadNotice notice, string? idInPath) => (idInPath ?? notice.CorrelationId, notice.IsSuccess) switch
    {
        ({ Length: > 0 and <= MaxCorrelationId } id, { } isSuccess) => new UploadResult
        {
            CorrelationId = id,
            IsSuccess = isSuccess,
            StatusCode = notice.StatusCode ?? 0,
            StatusDescription = notice.StatusDescription is { Length: <= MaxDescription } text ? text : null,
        },
        _ => null,
    };

    private static async ValueTask<(T? Message, Refusal? Why)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (await BodyBytes.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted) is not { } body)
        {
            return (null, DeviceFaults.TooLarge);
        }

        try
        {
            return (JsonSerializer.Deserialize(body.Span, type), null);
        }
        catch (JsonException)
        {
            return (null, new Refusal(HubErrorCode.IotHubFormatError, "The body was not understood: it must be a JSON object as the SDKs send it."));
        }
    }
}
