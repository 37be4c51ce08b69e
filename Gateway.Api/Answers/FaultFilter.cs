using Muster.Errors;
using Muster.Fleet;
using Orleans.Serialization;

namespace Muster.Gateway;

/// <summary>The one place where a fault becomes an answer: 503 (429 where the cluster is too busy), never 404, never a stack trace.</summary>
internal sealed partial class FaultFilter(ILogger<FaultFilter> logger) : IEndpointFilter
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
            return Refuse.With(http, Faults.Describe(bad));
        }
        catch (Exception fault)
        {
            var why = Faults.Describe(fault);
            if (why.Code == HubErrorCode.ServerError)
            {
                LogBroken(fault, http.Request.Method, http.GetEndpoint()?.DisplayName);
            }
            else
            {
                LogUnavailable(fault, http.Request.Method, http.GetEndpoint()?.DisplayName);
            }

            return Refuse.With(http, why);
        }
    }

    [LoggerMessage(EventId = 9001, Level = LogLevel.Warning, Message = "{Method} {Route}: the cluster cannot answer now")]
    private partial void LogUnavailable(Exception fault, string method, string? route);

    [LoggerMessage(EventId = 9002, Level = LogLevel.Error, Message = "{Method} {Route} failed")]
    private partial void LogBroken(Exception fault, string method, string? route);
}

/// <summary>What a fault means to the caller.</summary>
internal static class Faults
{
    internal static Refusal Describe(Exception fault) => fault switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new Refusal(HubErrorCode.MessageTooLarge, "The body is larger than this request may be."),
        BadHttpRequestException => new Refusal(HubErrorCode.ArgumentInvalid, "The request could not be read."),
        LimitExceededException => new Refusal(HubErrorCode.ThrottlingException, "The cluster has too many requests waiting. Try again later."),
        FleetBusyException busy => new Refusal(HubErrorCode.ThrottlingException, busy.Message) { RetryAfter = busy.RetryAfter },
        DocumentTooBigException big => new Refusal(HubErrorCode.MessageTooLarge, big.Message),
        UpstreamFaultException upstream => new Refusal(HubErrorCode.ServiceUnavailable, upstream.Message),
        OrleansException or TimeoutException or UnavailableExceptionFallbackException =>
            new Refusal(HubErrorCode.ServiceUnavailable, "The cluster cannot answer now. Whether a change was made is unknown: read, then try again."),
        _ => new Refusal(HubErrorCode.ServerError, "The request failed for a reason that is in the server's log."),
    };
}
