using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Access;
using Muster.Calls;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Methods;

/// <summary><c>/twins/…/methods</c>: direct methods of devices and modules.</summary>
internal static class MethodEndpoints
{
    internal static void MapMethods(this IEndpointRouteBuilder routes)
    {
        var methods = routes.MapGroup("").WithTags("Direct methods");
        Describe(methods.MapPost("/twins/{deviceId}/methods", InvokeMethod), nameof(InvokeMethod), "Call a method on a connected device");
        Describe(
            methods.MapPost("/twins/{deviceId}/modules/{moduleId}/methods", InvokeModuleMethod), nameof(InvokeModuleMethod),
            "Call a method on a connected module");
    }

    private static void Describe(RouteHandlerBuilder route, string name, string summary) => route.WithName(name).WithSummary(summary)
        .WithDescription("404 DeviceNotOnline: the call did not reach the device. 504: it may have run. Their message is JSON text with errorCode and info.")
        .WithMetadata(new GrainCallKind(Repeat.IfNotRun, WaitsForDevice: true))
        .Requires(AccessRights.ServiceConnect).Takes<MethodRequest>(typeof(MethodRequest)).Answers<MethodResponse>("The device answered, whatever its status.")
        .MayRefuse(HubErrorCode.DeviceNotFound, HubErrorCode.ModuleNotFound, HubErrorCode.DeviceNotOnline, HubErrorCode.GatewayTimeout, HubErrorCode.MessageTooLarge);

    private static Task<Results<MethodAnswer, HubError>> InvokeMethod(string deviceId, RequestBody<MethodRequest> body, MethodCalls calls) =>
        InvokeAsync(calls, deviceId, null, body.Value.ToCall());

    private static Task<Results<MethodAnswer, HubError>> InvokeModuleMethod(
        string deviceId, string moduleId, RequestBody<MethodRequest> body, MethodCalls calls) =>
        InvokeAsync(calls, deviceId, moduleId, body.Value.ToCall());

    private static async Task<Results<MethodAnswer, HubError>> InvokeAsync(MethodCalls calls, string deviceId, string? moduleId, MethodCall call) =>
        await calls.InvokeAsync(deviceId, moduleId, call) switch
        {
            MethodReply.Answered answered => new MethodAnswer(answered),
            MethodReply.Refused { Why: var why } => new HubError(why)
            {
                MethodWait = why.Code switch
                {
                    HubErrorCode.DeviceNotOnline => call.ConnectTimeout,
                    HubErrorCode.GatewayTimeout => call.ResponseTimeout,
                    _ => null,
                },
            },
            var other => throw new NotSupportedException($"Unknown reply {other}."),
        };
}

/// <summary>The device's status and payload; the payload's bytes pass through.</summary>
internal sealed class MethodAnswer(MethodReply.Answered answered) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => StatusCodes.Status200OK;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"status\":{answered.Status},\"payload\":"));
        var payload = answered.Payload.Memory;
        HubJson.Begin(httpContext.Response, etag: null);
        httpContext.Response.ContentLength = head.Length + payload.Length + 1;
        var body = httpContext.Response.BodyWriter;
        await body.WriteAsync(head, httpContext.RequestAborted);
        await body.WriteAsync(payload, httpContext.RequestAborted);
        await body.WriteAsync("}"u8.ToArray(), httpContext.RequestAborted);
    }
}
