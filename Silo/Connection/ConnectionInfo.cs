using System.Net;
using Muster.Access;

namespace Muster.Hosting;

/// <summary>
/// <c>connection.json</c>: how to reach this hub, for people, scripts and tests. Its fields are a contract: add, never rename; null for what
/// does not exist yet.
/// </summary>
internal sealed record ConnectionInfo
{
    internal const string FileName = "connection.json";

    public required string HostName { get; init; }

    /// <summary>Where the ports are, for clients that do not resolve <see cref="HostName"/>.</summary>
    public required string Address { get; init; }

    public required int? MqttPort { get; init; }

    public int? AmqpPort { get; init; }

    public required int HttpsPort { get; init; }

    /// <summary>Absolute path of the PEM file to trust.</summary>
    public required string CaCertificate { get; init; }

    public required string ServiceConnectionString { get; init; }

    /// <summary>Policy name to connection string.</summary>
    public required IReadOnlyDictionary<string, string> Policies { get; init; }

    /// <summary>Of the Event Hubs-compatible endpoint, with the policy iothubowner.</summary>
    public string? EventHubsConnectionString { get; init; }

    public object? Provisioning { get; init; }

    public string? ConsoleUrl { get; init; }

    public object? Admin { get; init; }

    public required int Pid { get; init; }

    /// <summary>Null without a simulated fleet.</summary>
    public int? SimulatorPid { get; init; }

    public required string DataFolder { get; init; }

    public required OrleansInfo Orleans { get; init; }

    /// <summary>Null where agents that speak DDI are not served.</summary>
    public AgentInfo.DdiInfo? Ddi { get; init; }

    /// <summary>Null where Mender's clients are not served.</summary>
    public AgentInfo.MenderInfo? Mender { get; init; }

    /// <summary>What an Orleans client needs. <paramref name="Gateway"/> is address:port; with <paramref name="Tls"/> it needs the cluster's certificate too.</summary>
    internal sealed record OrleansInfo(string ClusterId, string ServiceId, string Gateway, bool Tls);

    internal static ConnectionInfo Describe(SiloSettings settings, IAccessPolicies policies) => new()
    {
        HostName = settings.HostName,
        Address = settings.LocalAddress.ToString(),
        MqttPort = settings.Roles.HasFlag(SiloRoles.Hub) ? settings.MqttPort : null,
        AmqpPort = settings.Roles.HasFlag(SiloRoles.Hub) ? settings.AmqpPort : null,
        EventHubsConnectionString = settings.Roles.HasFlag(SiloRoles.Hub)
            ? AccessPolicies.EventHubsConnectionString(settings.HostName, settings.AmqpPort, policies.Find(AccessPolicies.Owner)!)
            : null,
        HttpsPort = settings.HttpsPort ?? throw new InvalidOperationException("The HTTPS port is chosen before the start."),
        CaCertificate = Path.Combine(settings.SecurityFolder, DevelopmentCa.CertificateFile),
        ServiceConnectionString = AccessPolicies.ConnectionString(settings.HostName, policies.Find(AccessPolicies.Owner)!),
        Policies = policies.All.ToDictionary(policy => policy.Name, policy => AccessPolicies.ConnectionString(settings.HostName, policy)),
        Pid = Environment.ProcessId,
        DataFolder = settings.DataFolder,
        Orleans = new(settings.ClusterId, ClusterNames.ServiceId, new IPEndPoint(settings.AdvertisedAddress, settings.GatewayPort).ToString(), settings.Tls),
    };
}
