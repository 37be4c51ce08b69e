using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Muster.Gateway;

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
