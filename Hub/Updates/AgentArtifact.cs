using System.Collections.Immutable;

namespace Muster.Updates;

/// <summary>Which of a release's artifacts an agent installs: agents take one, and know theirs by the ending.</summary>
internal static class AgentArtifact
{
    /// <summary>The first with the agent's ending; the only one if there is but one that no other agent takes; null if none is for it.</summary>
    internal static PlannedArtifact? Of(UpdateAgent agent, ImmutableArray<PlannedArtifact> artifacts)
    {
        foreach (var artifact in artifacts)
        {
            if (artifact.FileName.EndsWith(Ending(agent), StringComparison.OrdinalIgnoreCase))
            {
                return artifact;
            }
        }

        return artifacts is [var only] && agent != UpdateAgent.SwUpdate && !IsAnothers(agent, only.FileName) ? only : null;
    }

    private static bool IsAnothers(UpdateAgent agent, string fileName) => Array.Exists(
        [UpdateAgent.SwUpdate, UpdateAgent.Rauc, UpdateAgent.Mender],
        other => other != agent && fileName.EndsWith(Ending(other), StringComparison.OrdinalIgnoreCase));

    private static string Ending(UpdateAgent agent) => agent switch
    {
        UpdateAgent.SwUpdate => ".swu",
        UpdateAgent.Rauc => ".raucb",
        UpdateAgent.Mender => ".mender",
        _ => throw new NotSupportedException($"{agent} is not served over HTTP."),
    };
}
