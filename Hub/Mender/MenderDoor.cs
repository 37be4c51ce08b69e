using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>Asks for a client's token, before any body is read. A key that is accepted no more, or a device that was registered anew, ends it at once.</summary>
internal sealed class MenderDoor(MenderTokens tokens, AgentDevices devices, HubState state) : IEndpointFilter
{
    internal const string Bearer = "Bearer ";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!state.IsReady)
        {
            return MenderError.Unavailable;
        }

        var shown = http.Request.Headers[HeaderNames.Authorization].ToString();
        if (!shown.StartsWith(Bearer, StringComparison.Ordinal) || tokens.Read(shown[Bearer.Length..]) is not { } claims)
        {
            return MenderError.Unauthorized;
        }

        if ((await devices.ReadAsync(claims.Device)).Row is not { } row || row.Identity.GenerationId != claims.Generation
            || !MenderAcceptance.IsAccepted(row, claims.KeyFingerprint))
        {
            return MenderError.Unauthorized;
        }

        http.Features.Set(new AgentDevice(claims.Device, row, UpdateAgent.Mender));
        return await next(context);
    }
}
