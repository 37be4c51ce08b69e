using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Muster.Access;
using Muster.Devices;
using Muster.Errors;
using Muster.Mqtt;

namespace Muster.Http;

/// <summary>Who makes a request: the device or module of its path, whose credentials held.</summary>
internal sealed record DeviceCaller(DeviceKey Key, DeviceAccess.Authenticated Access)
{
    internal static DeviceCaller Of(HttpContext context) =>
        context.Features.Get<DeviceCaller>() ?? throw new InvalidOperationException("The route has no door.");
}

/// <summary>
/// What all device routes ask first, before any body is read: an <c>api-version</c>, and credentials of the device in the path, by header or by the
/// certificate of the TLS handshake. Whoever fails learns no more than that: unknown, disabled and forged are all 401.
/// </summary>
internal sealed class DeviceDoor(Authentication authentication, HubState state) : IEndpointFilter
{
    private const string ApiVersion = "api-version";
    private const int MaxVersionLength = 32;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        if (!state.IsReady)
        {
            return new DeviceError(new Refusal(HubErrorCode.ServiceUnavailable, "The hub is starting or stopping. Try again."));
        }

        // The newest SDKs say 2021-04-12, others something older: any date will do.
        var version = http.Request.Query[ApiVersion].ToString();
        if (version.Length > MaxVersionLength || !IsDate(version))
        {
            return new DeviceError(new Refusal(HubErrorCode.InvalidProtocolVersion, "The query parameter api-version must be a date such as 2021-04-12."));
        }

        if (await IdentifyAsync(http) is not { } caller)
        {
            return new DeviceError(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "Unauthorized. The credentials do not open this device."));
        }

        http.Features.Set(caller);
        return await next(context);
    }

    private async ValueTask<DeviceCaller?> IdentifyAsync(HttpContext http)
    {
        if (http.GetRouteValue("deviceId") is not string deviceId || !DeviceKey.TryCreate(deviceId, http.GetRouteValue("moduleId") as string, out var key))
        {
            return null;
        }

        DeviceCredentials? shown = http.Request.Headers.TryGetValue(HeaderNames.Authorization, out var token) ? new DeviceCredentials.Token(token.ToString())
            : http.Connection.ClientCertificate is { } leaf ? DeviceCredentials.Certificate.From(leaf)
            : null;
        return shown is not null && await authentication.CheckAsync(key, shown) is DeviceAccess.Authenticated access ? new DeviceCaller(key, access) : null;
    }

    private static bool IsDate(ReadOnlySpan<char> version) =>
        version.Length >= 10 && version[4] == '-' && version[7] == '-' && (version.Length == 10 || version[10] == '-')
        && int.TryParse(version[..4], System.Globalization.NumberStyles.None, null, out _)
        && int.TryParse(version[5..7], System.Globalization.NumberStyles.None, null, out _)
        && int.TryParse(version[8..10], System.Globalization.NumberStyles.None, null, out _);
}
