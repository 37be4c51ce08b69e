using Muster.Calls;

namespace Muster.Gateway;

/// <summary>How an endpoint calls its grain, where its HTTP method does not say it.</summary>
/// <param name="Repeat">When its call may be made again.</param>
/// <param name="WaitsForDevice">True: it may take minutes, without anything being wrong.</param>
internal sealed record GrainCallKind(Repeat Repeat, bool WaitsForDevice = false)
{
    internal static GrainCallKind Of(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<GrainCallKind>()
        ?? new GrainCallKind(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? Repeat.Always : Repeat.IfNotRun);
}

/// <summary>
/// Runs a handler again while silos come and go, so that its caller does not have to. Innermost: who asks and with what body was settled before. A
/// handler makes one call that changes something, or makes them repeatable itself.
/// </summary>
internal sealed class RetryFilter(GrainCalls calls) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var kind = GrainCallKind.Of(http);
        var key = http.Request.RouteValues["deviceId"] as string ?? "";
        return new(kind.WaitsForDevice
            ? calls.WaitAsync(kind.Repeat, () => next(context).AsTask(), http.RequestAborted)
            : calls.CallAsync(key, kind.Repeat, () => next(context).AsTask(), http.RequestAborted));
    }
}
