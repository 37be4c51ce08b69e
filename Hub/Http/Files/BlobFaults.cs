using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Muster.Calls;

namespace Muster.Files;

/// <summary>The one place where a fault becomes an answer in Azure Blob Storage's form.</summary>
internal sealed partial class BlobFaults(ILogger<BlobFaults> logger) : IEndpointFilter
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
            return BlobError.From(refused.Fault);
        }
        catch (BadHttpRequestException bad)
        {
            return bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? BlobError.TooLarge : BlobError.Invalid("InvalidInput", "The request could not be read.");
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (Exception fault) when (!http.Response.HasStarted && (fault is IOException || CallFaults.IsTransient(fault)))
        {
            LogUnavailable(fault, http.Request.Method);
            return BlobError.Unavailable;
        }
    }

    [LoggerMessage(EventId = 8041, Level = LogLevel.Warning, Message = "{Method} of a blob: the store cannot answer now")]
    private partial void LogUnavailable(Exception fault, string method);
}
