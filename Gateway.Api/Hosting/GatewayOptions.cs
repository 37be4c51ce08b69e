namespace Muster.Gateway;

/// <summary>Bound from <c>Gateway</c>: where a gateway of its own listens. Co-hosted in a silo it listens where the silo does.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Address to listen on. Default 127.0.0.1.</summary>
    public string Bind { get; set; } = "127.0.0.1";

    /// <summary>Default 8080; 0 to 65535, 0 for any that is free.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>
    /// PEM file with the certificate and its chain. Default null: the hub's, if the cluster's secrets are at hand (<see cref="SecurityOptions"/>), else
    /// plain HTTP.
    /// </summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the key; null where <see cref="Certificate"/> holds it. Default null.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>A hub's <c>connection.json</c>, whose <c>orleans</c> stands in for what <c>Orleans</c> does not say; null for none. Default null.</summary>
    public string? ConnectionFile { get; set; }
}

/// <summary>Bound from <c>Orleans</c>: which cluster a gateway of its own is a client of.</summary>
public sealed class ClusterClientOptions
{
    public const string Section = "Orleans";

    /// <summary>
    /// Addresses of Orleans gateways, <c>host:port</c>, separated by commas; a name may stand for several, and is looked up again every 5 s. Required.
    /// </summary>
    public string? Gateway { get; set; }

    /// <summary>Required.</summary>
    public string? ClusterId { get; set; }

    /// <summary>Required.</summary>
    public string? ServiceId { get; set; }

    /// <summary>Whether the cluster speaks mutual TLS. Default null: if <c>Security:Folder</c> is set.</summary>
    public bool? Tls { get; set; }

    /// <summary>
    /// How long to try to reach the cluster at start before giving up. Default null: for ever, and requests are answered 503 meanwhile.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; set; }
}

/// <summary>Bound from <c>Security</c>: the secrets that the cluster's processes share.</summary>
public sealed class SecurityOptions
{
    public const string Section = "Security";

    /// <summary>The folder with <c>cluster.pem</c>, <c>cluster.key</c> and <c>ca.pem</c>; null for none. Default null.</summary>
    public string? Folder { get; set; }
}
