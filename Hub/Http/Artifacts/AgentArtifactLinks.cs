using Microsoft.Extensions.Options;
using Muster.Updates;

namespace Muster.Releases;

/// <summary>Links for update agents, good for <c>Releases:LinkLifetime</c>.</summary>
internal sealed class AgentArtifactLinks(IArtifactLinks links, IOptions<ReleaseOptions> options, TimeProvider clock) : IAgentLinks
{
    public AgentLink Make(string deviceId, PlannedRelease release, PlannedArtifact artifact)
    {
        var expires = clock.GetUtcNow() + options.Value.LinkLifetime;
        var urls = links.Make(
            new ReleaseArtifact
            {
                ReleaseId = release.Id,
                Name = artifact.FileName,
                Size = artifact.Size,
                Sha256 = artifact.Sha256,
                Sha1 = artifact.Sha1,
                Md5 = artifact.Md5,
                ContentType = "",
                BlocksSha256 = "",
            },
            deviceId,
            expires);
        return new AgentLink(new Uri(urls.Https), urls.Http is { } http ? new Uri(http) : null, expires);
    }
}
