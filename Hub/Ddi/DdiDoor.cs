using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Muster.Devices;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>
/// What all routes of DDI ask first, before any body is read: credentials for the device in the path. A device that is not registered is, if they may act for
/// it. Whoever fails learns no more than that: unknown, disabled and forged are all 401.
/// </summary>
internal sealed partial class DdiDoor(
    DdiCredentials credentials, AgentDevices devices, IOptions<DdiOptions> options, HubState state, ILogger<DdiDoor> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!state.IsReady)
        {
            return DdiError.Unavailable;
        }

        if (http.GetRouteValue(DdiRoutes.ControllerId) is not string id || !DeviceKey.TryCreate(id, null, out var key) || await AdmitAsync(key, http.Request) is not { } row)
        {
            return DdiError.Unauthorized;
        }

        http.Features.Set(new AgentDevice(key, row, AgentNames.OfUserAgent(http.Request.Headers[HeaderNames.UserAgent].ToString())));
        return await next(context);
    }

    private async ValueTask<DeviceState?> AdmitAsync(DeviceKey key, HttpRequest request)
    {
        var (row, isKnown) = await devices.ReadAsync(key);
        var standing = await credentials.JudgeAsync(key, row, request);
        if (standing == DdiStanding.None || row is not null || isKnown)
        {
            return standing == DdiStanding.None ? null : row;
        }

        if (!options.Value.AutoRegister || standing != DdiStanding.Gateway)
        {
            return null;
        }

        row = await devices.RegisterAsync(key, twin: null);
        if (row is not null)
        {
            LogRegistered(key.DeviceId);
        }

        return row;
    }

    [LoggerMessage(EventId = 8300, Level = LogLevel.Information, Message = "Device {DeviceId} was registered: its update agent came with a credential that may act for it")]
    private partial void LogRegistered(string deviceId);
}
