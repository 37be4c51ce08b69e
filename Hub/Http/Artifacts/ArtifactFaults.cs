using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Errors;
using Muster.Files;

namespace Muster.Releases;

/// <summary>The one place where a fault of an upload or a download becomes an answer: 503 where asking again may help, never a stack trace.</summary>
internal sealed partial class ArtifactFaults(ILogger<ArtifactFaults> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (BlobStoreException refused)
        {
            return new ArtifactProblem(refused.Fault switch
            {
                BlobFault.TooLarge => new Refusal(HubErrorCode.ArtifactTooLarge, "The artifact is larger than it may be."),
                BlobFault.UnknownBlock => new Refusal(HubErrorCode.UploadNotFound, "What was uploaded is not there any more: begin again."),
                _ => ArtifactProblem.Unavailable,
            });
        }
        catch (BadHttpRequestException bad)
        {
            return new ArtifactProblem(bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new Refusal(HubErrorCode.ArtifactTooLarge, "The artifact is larger than it may be.")
                : new Refusal(HubErrorCode.UploadTruncated, "The body ended early. What was acknowledged is kept: ask by HEAD where to go on."));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (Exception fault) when (!http.Response.HasStarted && (fault is IOException or UnauthorizedAccessException || CallFaults.IsTransient(fault)))
        {
            LogUnavailable(fault, http.Request.Method);
            return new ArtifactProblem(ArtifactProblem.Unavailable);
        }
    }

    [LoggerMessage(EventId = 8110, Level = LogLevel.Warning, Message = "{Method} of an artifact: the cluster or the store cannot answer now")]
    private partial void LogUnavailable(Exception fault, string method);
}
