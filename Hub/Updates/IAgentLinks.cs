namespace Muster.Updates;

/// <summary>Where a device's agent fetches an artifact, without credentials, for a while.</summary>
/// <param name="Https">Absolute.</param>
/// <param name="Http">The same without TLS; null where the hub does not listen so.</param>
/// <param name="ExpiresAt">UTC.</param>
internal sealed record AgentLink(Uri Https, Uri? Http, DateTimeOffset ExpiresAt);

/// <summary>Makes links for agents. Thread-safe.</summary>
internal interface IAgentLinks
{
    /// <summary>A link by which this device alone gets the artifact of the release.</summary>
    AgentLink Make(string deviceId, PlannedRelease release, PlannedArtifact artifact);
}
