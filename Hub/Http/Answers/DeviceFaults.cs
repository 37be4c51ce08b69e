using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Errors;
using Muster.Telemetry;

namespace Muster.Http;

/// <summary>The one place where a fault becomes an answer to a device: 503 where asking again may help, never a stack trace.</summary>
internal sealed partial class DeviceFaults(ILogger<DeviceFaults> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (BadHttpRequestException bad)
        {
            return new DeviceError(Describe(bad));
        }
        catch (Exception fault) when (fault is EventLogException || CallFaults.IsTransient(fault))
        {
            LogUnavailable(fault, http.Request.Method, http.GetEndpoint()?.DisplayName);
            return new DeviceError(Describe(fault));
        }
    }

    internal static Refusal Describe(Exception fault) => fault switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
        BadHttpRequestException => new Refusal(HubErrorCode.ArgumentInvalid, "The request could not be read."),
        _ => new Refusal(HubErrorCode.ServiceUnavailable, "The hub cannot take this now. Whether it was taken is unknown: try again."),
    };

    internal static Refusal TooLarge { get; } = new(HubErrorCode.MessageTooLarge, "The body is larger than this request may be.");

    [LoggerMessage(EventId = 8058, Level = LogLevel.Warning, Message = "{Method} {Route}: the hub cannot answer now")]
    private partial void LogUnavailable(Exception fault, string method, string? route);
}
