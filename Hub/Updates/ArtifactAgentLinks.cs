using Muster.Releases;

namespace Muster.Updates;

/// <summary>Links to the hub's own artifacts, made anew each time that an agent asks.</summary>
internal sealed class ArtifactAgentLinks(IArtifactLinks links, TimeProvider clock) : IAgentLinks
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    public AgentLink Make(string deviceId, PlannedRelease release, PlannedArtifact artifact)
    {
        var expires = clock.GetUtcNow() + Lifetime;
        var urls = links.Make(ReleaseSource.Artifact(release, artifact), deviceId, expires);
        return new AgentLink(new Uri(urls.Https), urls.Http is { } http ? new Uri(http) : null, expires);
    }
}
