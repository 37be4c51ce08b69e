using System.Collections.Frozen;
using System.Globalization;
using Muster.Access;

namespace Muster.Hosting;

/// <summary>The hub's shared access policies and names, fixed for the life of the process.</summary>
internal sealed class AccessPolicies(IEnumerable<AccessPolicy> policies, IEnumerable<string> hostNames) : IAccessPolicies
{
    internal const string Owner = "iothubowner";

    private const int DefaultAmqpPort = 5671;

    /// <summary>IoT Hub's default policies.</summary>
    internal static IReadOnlyList<(string Name, AccessRights Rights)> Defaults { get; } =
    [
        (Owner, AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect | AccessRights.DeviceConnect),
        ("service", AccessRights.ServiceConnect),
        ("device", AccessRights.DeviceConnect),
        ("registryRead", AccessRights.RegistryRead),
        ("registryReadWrite", AccessRights.RegistryRead | AccessRights.RegistryWrite),
    ];

    private readonly FrozenDictionary<string, AccessPolicy> byName =
        policies.ToFrozenDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);

    private readonly string[] hostNames = [.. hostNames];

    /// <inheritdoc/>
    public IReadOnlyCollection<AccessPolicy> All => byName.Values;

    /// <inheritdoc/>
    public AccessPolicy? Find(string name) => byName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public bool IsHostName(ReadOnlySpan<char> host)
    {
        var bare = WithoutPort(host);
        foreach (var name in hostNames)
        {
            if (bare.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>HostName=…;SharedAccessKeyName=…;SharedAccessKey=…</c> with the policy's primary key.</summary>
    internal static string ConnectionString(string hostName, AccessPolicy policy) =>
        $"HostName={hostName};SharedAccessKeyName={policy.Name};SharedAccessKey={policy.PrimaryKey}";

    /// <summary><c>Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…</c>; the port stands in it only where it is not AMQP's own.</summary>
    internal static string EventHubsConnectionString(string hostName, int amqpPort, AccessPolicy policy) =>
        $"Endpoint=sb://{new UriBuilder("sb", hostName, amqpPort == DefaultAmqpPort ? -1 : amqpPort).Uri.Authority}/;SharedAccessKeyName={policy.Name};" +
        $"SharedAccessKey={policy.PrimaryKey};EntityPath={EventHubsEndpoint.Name}";

    // A bare IPv6 address is all colons; with a port it stands in brackets.
    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> host)
    {
        var colon = host.LastIndexOf(':');
        var hasPort = colon > 0 && ushort.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && (host[..colon].IndexOf(':') < 0 || host[colon - 1] == ']');
        var bare = hasPort ? host[..colon] : host;
        return bare is ['[', .., ']'] ? bare[1..^1] : bare;
    }
}
