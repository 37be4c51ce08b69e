using Muster.Updates;

namespace Muster.Ddi;

/// <summary>What an agent is shown of the device's update. Pure: from the agent and what the device's record offers.</summary>
internal abstract record DdiOffer
{
    private DdiOffer() { }

    /// <summary>No action at all.</summary>
    internal sealed record Nothing : DdiOffer;

    /// <summary>The release holds nothing that this agent could install.</summary>
    internal sealed record Unsuitable(int WireId) : DdiOffer;

    internal sealed record Cancellation(int WireId) : DdiOffer;

    /// <param name="Offer">The whole.</param>
    /// <param name="Artifact">The one that this agent takes.</param>
    /// <param name="MayInstall">False: it is to be fetched and no more.</param>
    internal sealed record Deployment(AgentOffer Offer, PlannedArtifact Artifact, bool MayInstall) : DdiOffer;

    internal static DdiOffer For(UpdateAgent agent, AgentOffer? offer) => offer switch
    {
        null => new Nothing(),
        { IsCancel: true } => new Cancellation(offer.WireId),
        _ when !IsShown(agent, offer) => new Nothing(),
        _ => AgentArtifact.Of(agent, offer.Release.Artifacts) is { } artifact
            ? new Deployment(offer, artifact, offer.Permit >= UpdatePermit.Install)
            : new Unsuitable(offer.WireId),
    };

    // SWUpdate ends a deployment that it may not install as a success, with nothing installed: until then it sees none. Afterwards it must see the same one
    // until it has confirmed it after the reboot. RAUC has forgotten it by then, and would install it again.
    private static bool IsShown(UpdateAgent agent, AgentOffer offer) => agent == UpdateAgent.Rauc
        ? offer.Permit >= UpdatePermit.Download && (offer.Status < UpdateStatus.Installed || offer.Status == UpdateStatus.RollingBack)
        : offer.Permit >= UpdatePermit.Install && offer.Status != UpdateStatus.Soaking;
}
