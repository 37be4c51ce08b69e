using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Ddi;

/// <summary>Between DDI's requests and the devices: asks, decides by the pure parts of this room, reports. Keeps nothing but the agents' last errors.</summary>
internal sealed partial class DdiController(
    AgentDevices devices, AgentLog log, IAgentLinks links, TrustedProxies proxies, IOptions<DdiOptions> options, ILogger<DdiController> logger)
{
    private readonly AttributeTable table = AttributeTable.Parse(options.Value.Attributes);

    internal async Task<byte[]> PollAsync(HttpContext context)
    {
        var device = AgentDevice.Of(context);
        var offer = await devices.PollAsync(device);
        var isBusy = IsUnderWay(offer?.Status ?? await devices.StatusAsync(device));
        var shown = DdiOffer.For(device.Agent, offer);
        if (shown is DdiOffer.Unsuitable && offer!.Status == UpdateStatus.Offered)
        {
            LogUnsuitable(device.Id, offer.Release.Id, device.Agent);
        }

        var at = proxies.OriginOf(context.Request) + context.Request.PathBase.ToUriComponent() + context.Request.Path.ToUriComponent().TrimEnd('/');
        return DdiBodies.Poll(isBusy ? options.Value.BusyPollingInterval : options.Value.PollingInterval, at, shown, WantsAttributes(device, shown, isBusy));
    }

    /// <summary>Null if the agent has no such deployment. The first time, the update learns that it was fetched.</summary>
    internal async Task<byte[]?> DeploymentAsync(HttpContext context, int wireId)
    {
        var device = AgentDevice.Of(context);
        if (DdiOffer.For(device.Agent, await devices.PollAsync(device)) is not DdiOffer.Deployment deployment || deployment.Offer.WireId != wireId)
        {
            return null;
        }

        if (deployment.Offer.Status == UpdateStatus.Offered)
        {
            await devices.ReportAsync(device, new AgentReport { WireId = wireId, Event = AgentEvent.Fetched, Agent = device.Agent });
        }

        var isPlain = !proxies.OriginOf(context.Request).StartsWith("https:", StringComparison.Ordinal);
        return DdiBodies.Deployment(deployment, links.Make(device.Id, deployment.Offer.Release, deployment.Artifact), isPlain);
    }

    /// <summary>Null if there is nothing to cancel.</summary>
    internal async Task<byte[]?> CancellationAsync(HttpContext context, int wireId)
    {
        var device = AgentDevice.Of(context);
        return DdiOffer.For(device.Agent, await devices.PollAsync(device)) is DdiOffer.Cancellation cancellation && cancellation.WireId == wireId
            ? DdiBodies.Cancellation(wireId)
            : null;
    }

    /// <summary>False if the device has, and had, no such update.</summary>
    internal async Task<bool> ReportAsync(HttpContext context, int wireId, bool isCancellation, FeedbackMessage said)
    {
        var device = AgentDevice.Of(context);
        var happened = isCancellation ? DdiFeedback.OfCancellation(said) : DdiFeedback.OfDeployment(device.Agent, said);
        var errors = DdiFeedback.Errors(said).ToArray();
        var words = DdiFeedback.Words(said, happened, log.Of(device.Id, wireId));
        if (errors.Length > 0)
        {
            log.Add(device.Id, wireId, errors);
        }

        // A flush of the agent's log holds dozens of lines that nobody will read, unless there is an error among them.
        if (happened == AgentEvent.Log && ((said.Details.Count > 1 && errors.Length == 0) || words is null || !log.MayReport(device.Id, wireId)))
        {
            return true;
        }

        var report = new AgentReport { WireId = wireId, Event = happened, Agent = device.Agent, Message = words, Code = said.Code ?? (happened == AgentEvent.Failed ? DdiFeedback.Code(words) : null) };
        return await devices.ReportAsync(device, report) is not UpdateReply.Unknown;
    }

    internal Task TellAsync(HttpContext context, DdiAttributes.Read said)
    {
        var device = AgentDevice.Of(context);
        var facts = table.Read(said.Values);
        return devices.TellAsync(device, said.Mode switch
        {
            DdiAttributeMode.Remove => facts.Keys.Select(static fact => new KeyValuePair<string, string?>(fact, null)),
            DdiAttributeMode.Replace => table.Told.Select(fact => new KeyValuePair<string, string?>(fact, facts.GetValueOrDefault(fact))),
            _ => facts.Select(static fact => new KeyValuePair<string, string?>(fact.Key, fact.Value)),
        });
    }

    // SWUpdate says what it is at its start. While it is asked to, it says that again and does not look at any action beside it; between its install and its reboot it would say what ran
    // before, so that one that is in doubt is not asked either. RAUC does both, and has no other way to tell what runs after a reboot.
    private static bool WantsAttributes(AgentDevice device, DdiOffer shown, bool isBusy)
    {
        var facts = AgentFacts.Read(device.Row);
        var isUnknown = !facts.ContainsKey(AgentFacts.Version) || facts.GetValueOrDefault(AgentFacts.Agent) != AgentNames.Of(device.Agent);
        return device.Agent == UpdateAgent.Rauc ? isBusy || isUnknown : isUnknown && shown is DdiOffer.Nothing;
    }

    private static bool IsUnderWay(UpdateStatus? status) => status is >= UpdateStatus.Offered and < UpdateStatus.Succeeded;

    [LoggerMessage(EventId = 8301, Level = LogLevel.Warning, Message = "Device {DeviceId} is offered the release {ReleaseId}, which has no file that its agent {Agent} could install")]
    private partial void LogUnsuitable(string deviceId, string releaseId, UpdateAgent agent);
}
