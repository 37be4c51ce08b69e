namespace Muster.Updates;

/// <summary>What agents are called.</summary>
internal static class AgentNames
{
    /// <summary>As <c>deviceInformation.updateAgent</c> has it.</summary>
    internal static string Of(UpdateAgent agent) => agent switch
    {
        UpdateAgent.SwUpdate => "swupdate",
        UpdateAgent.Rauc => "rauc",
        UpdateAgent.Mender => "mender",
        UpdateAgent.Twin => "twin",
        _ => throw new NotSupportedException($"Unknown agent {agent}."),
    };

    /// <summary>The agent behind a request of DDI. Who is not known is taken for SWUpdate, which is never shown a deployment that it may not install.</summary>
    internal static UpdateAgent OfUserAgent(string userAgent) =>
        userAgent.StartsWith("rauc-hawkbit", StringComparison.OrdinalIgnoreCase) ? UpdateAgent.Rauc : UpdateAgent.SwUpdate;
}
