namespace Muster.Gateway;

/// <summary>Bound from <c>Gateway</c>: where a gateway of its own listens. Co-hosted in a silo it listens where the silo does.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Address to listen on. Default 127.0.0.1.</summary>
    public string Bind { get; set; } = "127.0.0.1";

    /// <summary>Default 8080; 0 to 65535, 0 for any that is free.</summary>
    public int Port { get; set; } = 8080;

    /// <summary>PEM file with the certificate and its chain; null for plain HTTP. Default null.</summary>
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

    /// <summary>Addresses of Orleans gateways, <c>host:port</c>, separated by commas. Required.</summary>
    public string? Gateway { get; set; }

    /// <summary>Required.</summary>
    public string? ClusterId { get; set; }

    /// <summary>Required.</summary>
    public string? ServiceId { get; set; }

    /// <summary>How long to try to reach the cluster at start before giving up. Default 1 minute.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromMinutes(1);
}
