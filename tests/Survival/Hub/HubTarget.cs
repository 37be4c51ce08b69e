using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Muster.Survival;

/// <summary>Where devices and services find the hub, and whom they trust, as <c>connection.json</c> says.</summary>
internal sealed record HubTarget(string HostName, int MqttPort, int HttpsPort, string CaCertificate, string ServiceConnectionString, OrleansTarget? Orleans)
{
    private X509Certificate2? authority;

    /// <summary>The key of policy iothubowner, base64.</summary>
    internal string OwnerKey => ServiceConnectionString[(ServiceConnectionString.LastIndexOf("SharedAccessKey=", StringComparison.Ordinal) + 16)..];

    /// <summary>Where devices connect: the balancer, or the hub itself.</summary>
    internal IPAddress Address => IPAddress.TryParse(HostName, out var address) ? address : IPAddress.Loopback;

    internal static async Task<HubTarget> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        var hub = await JsonSerializer.DeserializeAsync<HubTarget>(stream, JsonSerializerOptions.Web, cancellationToken)
            ?? throw new InvalidDataException($"{file} is null.");
        hub.authority = X509CertificateLoader.LoadCertificateFromFile(hub.CaCertificate);
        return hub;
    }

    /// <summary>Trust in this hub's authority and in nothing else; a new one for each connection.</summary>
    internal X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority!);
        return policy;
    }
}

/// <summary>How an Orleans client names the cluster.</summary>
internal sealed record OrleansTarget(string ClusterId, string ServiceId);
