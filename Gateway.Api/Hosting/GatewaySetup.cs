using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muster.Clustering;

namespace Muster.Gateway;

/// <summary>An option that cannot be followed; the message is one line for the operator.</summary>
internal sealed class GatewaySetupException(string message) : Exception(message);

/// <summary>A gateway's options, checked and turned into what they stand for.</summary>
/// <param name="TlsFolder">Where the cluster's certificate is; null if the cluster speaks no TLS.</param>
internal sealed record GatewaySetup(
    IPEndPoint Listen, X509Certificate2? Certificate, ImmutableArray<GatewayAddress> Gateways, ClusterClientOptions Cluster, string? TlsFolder)
{
    private const string HubCertificate = "server.pem";
    private const string HubCertificateKey = "server.key";
    private const string ClusterFiles = $"{ClusterCredentials.CertificateFile}, {ClusterCredentials.KeyFile} and {ClusterCredentials.AuthorityFile}";

    /// <exception cref="GatewaySetupException">With every error, in one line.</exception>
    internal static GatewaySetup Read(IConfiguration configuration)
    {
        var gateway = configuration.GetSection(GatewayOptions.Section).Get<GatewayOptions>() ?? new GatewayOptions();
        var cluster = configuration.GetSection(ClusterClientOptions.Section).Get<ClusterClientOptions>() ?? new ClusterClientOptions();
        var security = configuration.GetSection(SecurityOptions.Section).Get<SecurityOptions>() ?? new SecurityOptions();
        if (gateway.ConnectionFile is { } file)
        {
            ConnectionFile.Complete(cluster, security, file);
        }

        var errors = new List<string>();
        Need(errors, cluster.Gateway, "Orleans:Gateway");
        Need(errors, cluster.ClusterId, "Orleans:ClusterId");
        Need(errors, cluster.ServiceId, "Orleans:ServiceId");
        var address = IPAddress.TryParse(gateway.Bind, out var bind) ? bind : null;
        AddIf(errors, address is null, $"Gateway:Bind is '{gateway.Bind}': give an IP address of this machine, or 0.0.0.0 for all of them");
        AddIf(errors, gateway.Port is < 0 or > 65535, $"Gateway:Port is {gateway.Port}: give 1 to 65535, or 0 for any that is free");
        var gateways = Addresses(errors, cluster.Gateway ?? "");
        var tls = FolderOfTls(errors, cluster, security);
        var certificate = Load(errors, gateway, security);
        return errors.Count == 0
            ? new GatewaySetup(new IPEndPoint(address!, gateway.Port), certificate, gateways, cluster, tls)
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

    private static ImmutableArray<GatewayAddress> Addresses(List<string> errors, string addresses)
    {
        var found = ImmutableArray.CreateBuilder<GatewayAddress>();
        foreach (var text in addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (GatewayAddress.Parse(text) is { } address)
            {
                found.Add(address);
            }
            else
            {
                errors.Add($"{text} in Orleans:Gateway is not host:port");
            }
        }

        return found.ToImmutable();
    }

    private static string? FolderOfTls(List<string> errors, ClusterClientOptions cluster, SecurityOptions security)
    {
        if (!(cluster.Tls ?? security.Folder is not null))
        {
            return null;
        }

        if (security.Folder is not { } folder)
        {
            errors.Add($"Security:Folder is not set, and Orleans:Tls needs it: give the folder with the cluster's {ClusterFiles}");
            return null;
        }

        try
        {
            ClusterCredentials.Check(folder);
        }
        catch (Exception fault) when (IsUnreadable(fault))
        {
            errors.Add($"Security:Folder is {folder}: {ClusterFiles} of the cluster must be there, readable for this user ({fault.Message})");
        }

        return folder;
    }

    private static X509Certificate2? Load(List<string> errors, GatewayOptions gateway, SecurityOptions security)
    {
        var (option, path, key) = ("Gateway:Certificate", gateway.Certificate, gateway.CertificateKey);
        if (path is null && security.Folder is { } folder && File.Exists(Path.Combine(folder, HubCertificate)))
        {
            (option, path, key) = ("Security:Folder", Path.Combine(folder, HubCertificate), Path.Combine(folder, HubCertificateKey));
        }

        if (path is null)
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(path, key);
        }
        catch (Exception fault) when (IsUnreadable(fault))
        {
            errors.Add($"{option}: {path} and {key ?? "the key in it"} must be a PEM certificate and its key, readable for this user ({fault.Message})");
            return null;
        }
    }

    private static bool IsUnreadable(Exception fault) => fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;
}
