using System.Collections.Immutable;
using System.Net;
using Muster.Storage.Azure;

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

    /// <summary>What events call the hub: the first label of its host name, or an address with hyphens for colons.</summary>
    internal string HubName => IPAddress.TryParse(HostName, out _) ? HostName.Replace(':', '-') : HostName.Split('.')[0];

    /// <summary>Further names that tokens may carry.</summary>
    internal required ImmutableArray<string> HostNames { get; init; }

    /// <summary>Absolute. Default: <c>data</c> in the current directory.</summary>
    internal required string DataFolder { get; init; }

    internal required SiloRoles Roles { get; init; }

    /// <summary>Null: 443, or 8443 where 443 may not be bound.</summary>
    internal required int? HttpsPort { get; init; }

    internal required int MqttPort { get; init; }

    /// <summary>AMQP over TLS: devices, services, and readers of events.</summary>
    internal required int AmqpPort { get; init; }

    /// <summary>AMQP without TLS, for <c>UseDevelopmentEmulator=true</c> in Event Hubs connection strings; null, the default, is off.</summary>
    internal int? AmqpPlainPort { get; init; }

    /// <summary>Plain HTTP for update agents without our authority, of all silos with the role hub; null, the default, is off.</summary>
    internal required int? HttpPort { get; init; }

    /// <summary>Where this process listens for plain HTTP; null: nowhere.</summary>
    internal int? PlainPort => Roles.HasFlag(SiloRoles.Hub) ? HttpPort : null;

    internal required int SiloPort { get; init; }

    internal required int GatewayPort { get; init; }

    /// <summary>Stable across restarts, since placement hashes it; unique in the cluster. Default: silo-1, or the machine's name in a cluster.</summary>
    internal required string SiloName { get; init; }

    /// <summary>Of the PostgreSQL database that the silos of a cluster share. Null: one process with SQLite, the default.</summary>
    internal required string? ConnectionString { get; init; }

    /// <summary>Where states of grains that nothing queries are kept. Null: in the database, the default.</summary>
    internal required AzureDocumentSettings? Documents { get; init; }

    /// <summary>Silos and clients that share a database but not this do not see each other. Default: muster.</summary>
    internal required string ClusterId { get; init; }

    /// <summary>Where other silos and gateways dial this one. Default: the bound address; the machine's first address if all are bound in a cluster.</summary>
    internal required IPAddress AdvertisedAddress { get; init; }

    /// <summary>Whether silos and their clients speak mutual TLS. Default: in a cluster.</summary>
    internal required bool Tls { get; init; }

    /// <summary>Absolute; the secrets that all silos of a cluster have in common. Default: the data folder.</summary>
    internal required string SecurityFolder { get; init; }

    /// <summary>Over how long a stopping silo closes its sessions. Default 0 (at once), 20 s in a cluster; up to 10 minutes.</summary>
    internal required TimeSpan DrainTime { get; init; }

    /// <summary>Simulated devices to connect; 0 for none. Default 100.</summary>
    internal required int Devices { get; init; }

    /// <summary>Further arguments of the simulator. Default none.</summary>
    internal ImmutableArray<string> SimulatorOptions { get; init; } = [];

    internal bool IsCluster => ConnectionString is not null;

    /// <summary>Whether other processes may use or make the secrets too.</summary>
    internal bool SharesSecrets => IsCluster || Tls || SecurityFolder != DataFolder;

    /// <summary>An address of the ports that this machine can dial.</summary>
    internal IPAddress LocalAddress =>
        Bind.Equals(IPAddress.Any) ? IPAddress.Loopback : Bind.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Bind;

    /// <summary>Where Orleans' own ports listen: alone, only where this machine can dial them.</summary>
    internal IPAddress ClusterBind => IsCluster ? Bind : LocalAddress;

    /// <summary>Every name that the hub answers to.</summary>
    internal IEnumerable<string> AllNames() =>
        HostNames.Prepend(HostName).Append("localhost").Append(LocalAddress.ToString()).Append("127.0.0.1").Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those of <see cref="AllNames"/> that do not depend on which silo of the cluster this is.</summary>
    internal IEnumerable<string> SharedNames() =>
        HostNames.Prepend(HostName).Append("localhost").Append("127.0.0.1").Distinct(StringComparer.OrdinalIgnoreCase);
}
