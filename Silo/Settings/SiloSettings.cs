using System.Collections.Immutable;
using System.Net;

namespace Muster.Hosting;

/// <summary>What this process serves.</summary>
[Flags]
internal enum SiloRoles
{
    None = 0,

    /// <summary>Device protocols.</summary>
    Hub = 1,

    /// <summary>REST.</summary>
    Gateway = 2,
}

/// <summary>Where the hub listens, under which names, and where it keeps its data. Checked: see <see cref="SettingsReader"/>.</summary>
internal sealed record SiloSettings
{
    /// <summary>The one address of all ports. Default 127.0.0.1.</summary>
    internal required IPAddress Bind { get; init; }

    /// <summary>The name in connection strings. Default: localhost, or the address if another is bound.</summary>
    internal required string HostName { get; init; }

    /// <summary>Further names that tokens may carry.</summary>
    internal required ImmutableArray<string> HostNames { get; init; }

    /// <summary>Absolute. Default: <c>data</c> in the current directory.</summary>
    internal required string DataFolder { get; init; }

    internal required SiloRoles Roles { get; init; }

    /// <summary>Null: 443, or 8443 where 443 may not be bound.</summary>
    internal required int? HttpsPort { get; init; }

    internal required int MqttPort { get; init; }

    /// <summary>Reserved.</summary>
    internal required int AmqpPort { get; init; }

    /// <summary>Reserved; null is off.</summary>
    internal required int? HttpPort { get; init; }

    internal required int SiloPort { get; init; }

    internal required int GatewayPort { get; init; }

    /// <summary>Stable across restarts: placement hashes it.</summary>
    internal required string SiloName { get; init; }

    /// <summary>Simulated devices to connect; 0 for none. Default 100.</summary>
    internal required int Devices { get; init; }

    /// <summary>An address of the ports that this machine can dial; Orleans' own ports listen on it alone.</summary>
    internal IPAddress LocalAddress =>
        Bind.Equals(IPAddress.Any) ? IPAddress.Loopback : Bind.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Bind;

    /// <summary>Every name that the hub answers to.</summary>
    internal IEnumerable<string> AllNames() =>
        HostNames.Prepend(HostName).Append("localhost").Append(LocalAddress.ToString()).Append("127.0.0.1").Distinct(StringComparer.OrdinalIgnoreCase);
}
