using Microsoft.AspNetCore.Http.HttpResults;
using Muster.Devices;
using Muster.Errors;
using Muster.Gateway;

namespace Muster.Updates;

/// <summary><c>/api/v1/devices/{deviceId}/ddi-token</c>: what a device's update agent proves itself by.</summary>
internal static class AgentTokenEndpoints
{
    internal static void MapAgentTokens(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/devices/{deviceId}/ddi-token", GetDdiToken).WithTags("Updates").WithName(nameof(GetDdiToken))
            .WithSummary("Read the token by which a device's DDI agent (SWUpdate, RAUC) authenticates")
            .WithDescription("The agent sends it as Authorization: TargetToken …. It holds until the device is deleted. For a policy with every right, as iothubowner has.")
            .RequiresOwner().Answers<AgentTokenResponse>("The token, a secret.").MayRefuse(HubErrorCode.DeviceNotFound);

    private static async Task<Results<JsonAnswer<AgentTokenResponse>, ProblemHttpResult>> GetDdiToken(string deviceId, IGrainFactory grains) =>
        await grains.GetGrain<IAgentAccessGrain>(deviceId).GetDdiTokenAsync() is { } token
            ? HubJson.Ok(new AgentTokenResponse(deviceId, token), ApiJson.Default.AgentTokenResponse)
            : ApiProblems.From(DeviceEndpoints.NotFound(deviceId));
}

/// <summary>A device's token for its update agent.</summary>
/// <param name="DeviceId">The device, which is the agent's controller id.</param>
/// <param name="Token">What follows <c>TargetToken</c>.</param>
internal sealed record AgentTokenResponse(string DeviceId, string Token)
{
    /// <summary>No token in the text: records print themselves.</summary>
    public override string ToString() => $"AgentTokenResponse {{ DeviceId = {DeviceId} }}";
}
