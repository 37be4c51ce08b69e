using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

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

/// <summary>An option that cannot be followed; the message is one line for the operator.</summary>
internal sealed class GatewaySetupException(string message) : Exception(message);

/// <summary>A gateway's options, checked and turned into what they stand for.</summary>
internal sealed record GatewaySetup(IPEndPoint Listen, X509Certificate2? Certificate, IPEndPoint[] Gateways, ClusterClientOptions Cluster)
{
    /// <exception cref="GatewaySetupException">With every error, in one line.</exception>
    internal static async Task<GatewaySetup> ReadAsync(IConfiguration configuration)
    {
        var gateway = configuration.GetSection(GatewayOptions.Section).Get<GatewayOptions>() ?? new GatewayOptions();
        var cluster = configuration.GetSection(ClusterClientOptions.Section).Get<ClusterClientOptions>() ?? new ClusterClientOptions();
        if (gateway.ConnectionFile is { } file)
        {
            ConnectionFile.Complete(cluster, file);
        }

        var errors = new List<string>();
        Need(errors, cluster.Gateway, "Orleans:Gateway");
        Need(errors, cluster.ClusterId, "Orleans:ClusterId");
        Need(errors, cluster.ServiceId, "Orleans:ServiceId");
        var address = IPAddress.TryParse(gateway.Bind, out var bind) ? bind : null;
        AddIf(errors, address is null, $"{gateway.Bind} is no IP address to listen on");
        AddIf(errors, gateway.Port is < 0 or > 65535, $"{gateway.Port} is no port");
        var gateways = await ResolveAsync(errors, cluster.Gateway ?? "");
        var certificate = Load(errors, gateway);
        return errors.Count == 0
            ? new GatewaySetup(new IPEndPoint(address!, gateway.Port), certificate, gateways, cluster)
            : throw new GatewaySetupException(string.Join("; ", errors));
    }

    private static void Need(List<string> errors, string? value, string name) =>
        AddIf(errors, string.IsNullOrWhiteSpace(value), $"{name} is not set (nor --connection given)");

    private static void AddIf(List<string> errors, bool wrong, string error)
    {
        if (wrong)
        {
            errors.Add(error);
        }
    }

    private static async Task<IPEndPoint[]> ResolveAsync(List<string> errors, string addresses)
    {
        var found = new List<IPEndPoint>();
        foreach (var address in addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = address.LastIndexOf(':');
            if (IPEndPoint.TryParse(address, out var literal) && literal.Port > 0)
            {
                found.Add(literal);
            }
            else if (colon > 0 && ushort.TryParse(address[(colon + 1)..], out var port))
            {
                found.AddRange(await LookUpAsync(errors, address[..colon], port));
            }
            else
            {
                errors.Add($"{address} in Orleans:Gateway is not host:port");
            }
        }

        return [.. found];
    }

    private static async Task<IEnumerable<IPEndPoint>> LookUpAsync(List<string> errors, string host, int port)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(host)).Select(address => new IPEndPoint(address, port));
        }
        catch (System.Net.Sockets.SocketException)
        {
            errors.Add($"{host} in Orleans:Gateway cannot be resolved");
            return [];
        }
    }

    private static X509Certificate2? Load(List<string> errors, GatewayOptions gateway)
    {
        if (gateway.Certificate is null)
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(gateway.Certificate, gateway.CertificateKey);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            errors.Add($"the certificate cannot be read: {fault.Message}");
            return null;
        }
    }
}

/// <summary>The <c>orleans</c> part of a hub's <c>connection.json</c>.</summary>
internal static class ConnectionFile
{
    internal static void Complete(ClusterClientOptions cluster, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var orleans = document.RootElement.GetProperty("orleans");
            cluster.Gateway ??= orleans.GetProperty("gateway").GetString();
            cluster.ClusterId ??= orleans.GetProperty("clusterId").GetString();
            cluster.ServiceId ??= orleans.GetProperty("serviceId").GetString();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new GatewaySetupException($"{path} cannot be read: {fault.Message}");
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new GatewaySetupException($"{path} is no connection.json of a hub");
        }
    }
}
