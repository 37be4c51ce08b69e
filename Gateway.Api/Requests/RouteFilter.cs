using Microsoft.AspNetCore.Http.Features;
using Muster.Devices;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Refuses ids that no device or module can have, before a handler sees them.</summary>
internal sealed class RouteFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        Check(context.HttpContext) is { } why ? ValueTask.FromResult<object?>(Refuse.With(context.HttpContext, why)) : next(context);

    private static Refusal? Check(HttpContext context)
    {
        var route = RequestIds.Of(context);
        if (route.DeviceId is null)
        {
            return null;
        }

        // An encoded slash stays encoded in the path, where it looks like an id with the letters %2F in it.
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : target.Length);
        return !path.Contains("%2f", StringComparison.OrdinalIgnoreCase) && DeviceKey.TryCreate(route.DeviceId, route.ModuleId, out _)
            ? null
            : new Refusal(HubErrorCode.ArgumentInvalid, "An id has 1 to 128 ASCII letters, digits and - . _ % # * ? ! ( ) , : = @ $ ' + characters.");
    }
}

/// <summary>The ids in a request's path, decoded; null where it has none.</summary>
internal readonly record struct RequestIds(string? DeviceId, string? ModuleId)
{
    internal static RequestIds Of(HttpContext context) =>
        new(context.GetRouteValue("deviceId") as string, context.GetRouteValue("moduleId") as string);
}
