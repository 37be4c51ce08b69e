using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Mender;

/// <summary>Between the requests of Mender's clients and the devices: asks, decides by the pure parts of this room, reports. Keeps nothing.</summary>
internal sealed partial class MenderClients(AgentDevices devices, AgentLog log, IAgentLinks links, IOptions<MenderOptions> options, ILogger<MenderClients> logger)
{
    private const string DeviceType = "device_type";
    private readonly AttributeTable table = AttributeTable.Parse(options.Value.Attributes);

    /// <summary>What the client says of its device.</summary>
    internal Task TellAsync(HttpContext context, IReadOnlyDictionary<string, string> said) => devices.TellAsync(
        AgentDevice.Of(context), table.Read(said).Select(static fact => new KeyValuePair<string, string?>(fact.Key, fact.Value)));

    /// <summary>Null if there is nothing for the client to do.</summary>
    internal async Task<byte[]?> NextAsync(HttpContext context, NextRequest request)
    {
        var device = AgentDevice.Of(context);
        await TellAsync(context, request.Provides);
        if (await devices.PollAsync(device) is not { } offer)
        {
            return null;
        }

        if (ControlMap.IsOver(offer))
        {
            // A client that asks for its next deployment is at none: it has stopped, or gone back.
            await ReportAsync(device, offer.WireId, offer.IsCancel ? AgentEvent.Canceled : AgentEvent.Failed, "The client asks for its next deployment.");
            return null;
        }

        if (offer.Permit < (request.TakesControlMap ? UpdatePermit.Download : UpdatePermit.Install) || offer.Status == UpdateStatus.Soaking)
        {
            return null;
        }

        if (AgentArtifact.Of(UpdateAgent.Mender, offer.Release.Artifacts) is not { } artifact)
        {
            LogUnsuitable(device.Id, offer.Release.Id);
            return null;
        }

        if (offer.Status == UpdateStatus.Offered)
        {
            await ReportAsync(device, offer.WireId, AgentEvent.Fetched, message: null);
        }

        var link = links.Make(device.Id, offer.Release, artifact);
        var uri = context.Request.IsHttps ? link.Https : link.Http ?? link.Https;
        return MenderBodies.Deployment(
            device.Id, offer, request.Provides.GetValueOrDefault(DeviceType, ""), (uri, link.ExpiresAt), request.TakesControlMap);
    }

    /// <summary>Null if the client has no such deployment.</summary>
    internal async Task<byte[]?> MapAsync(HttpContext context, Guid id)
    {
        var device = AgentDevice.Of(context);
        return DeploymentId.Read(device.Id, id) is { } wireId && await devices.PollAsync(device) is { } offer && offer.WireId == wireId
            ? MenderBodies.Map(device.Id, offer)
            : null;
    }

    /// <summary>Passes the status on, and says whether the client is to stop: 204, 409 or 404.</summary>
    internal async Task<int> StatusAsync(HttpContext context, Guid id, (string Status, string? Substate) said)
    {
        var device = AgentDevice.Of(context);
        if (DeploymentId.Read(device.Id, id) is not { } wireId)
        {
            return StatusCodes.Status404NotFound;
        }

        if (MenderStatus.Event(said.Status, await devices.StatusAsync(device)) is not { } happened)
        {
            return StatusCodes.Status400BadRequest;
        }

        var reply = await ReportAsync(device, wireId, happened, said.Substate);
        return reply is UpdateReply.Unknown ? StatusCodes.Status404NotFound
            : MenderStatus.IsFinal(said.Status) || !(reply is UpdateReply.Late || await IsOverAsync(device, wireId)) ? StatusCodes.Status204NoContent
            : StatusCodes.Status409Conflict;
    }

    /// <summary>False if the client has no such deployment.</summary>
    internal async Task<bool> LogAsync(HttpContext context, Guid id, string lines)
    {
        var device = AgentDevice.Of(context);
        return DeploymentId.Read(device.Id, id) is { } wireId
            && (lines.Length == 0 || !log.MayReport(device.Id, wireId) || await ReportAsync(device, wireId, AgentEvent.Log, lines) is not UpdateReply.Unknown);
    }

    private async Task<bool> IsOverAsync(AgentDevice device, int wireId) =>
        await devices.PollAsync(device) is { } offer && offer.WireId == wireId && ControlMap.IsOver(offer);

    private Task<UpdateReply> ReportAsync(AgentDevice device, int wireId, AgentEvent happened, string? message) => devices.ReportAsync(
        device, new AgentReport { WireId = wireId, Event = happened, Agent = UpdateAgent.Mender, Message = message });

    [LoggerMessage(EventId = 8313, Level = LogLevel.Warning, Message = "Device {DeviceId} is offered the release {ReleaseId}, which has no file that Mender could install")]
    private partial void LogUnsuitable(string deviceId, string releaseId);
}
