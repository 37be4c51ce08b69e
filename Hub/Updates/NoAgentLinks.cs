namespace Muster.Updates;

/// <summary>For a hub that serves no artifacts.</summary>
internal sealed class NoAgentLinks : IAgentLinks
{
    public AgentLink Make(string deviceId, PlannedRelease release, PlannedArtifact artifact) => throw new InvalidOperationException("This hub serves no artifacts.");
}
