using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Muster.Clustering;

/// <summary>
/// The certificate by which the cluster's members and clients know each other, and the authority they trust. The files are read again at each
/// handshake, so that a new certificate needs no restart.
/// </summary>
internal sealed partial class ClusterCredentials(string folder, ILogger<ClusterCredentials> logger)
{
    internal const string CertificateFile = "cluster.pem";
    internal const string KeyFile = "cluster.key";

    /// <summary>May hold several certificates: the old and the new one while the authority changes.</summary>
    internal const string AuthorityFile = "ca.pem";

    /// <summary>In the certificates of members and in no other that the authority signs.</summary>
    internal const string MemberName = "member.cluster.muster.internal";

    private volatile Loaded? current;

    private sealed record Loaded(byte[] Hash, SslStreamCertificateContext Context, X509Certificate2 Certificate, X509Certificate2Collection Authorities);

    /// <summary>Reads the files, so that what is wrong with them is said before anything starts.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    /// <exception cref="CryptographicException">They are no certificates.</exception>
    internal static void Check(string folder) => Read(folder, known: null);

    internal SslServerAuthenticationOptions ForServer(RemoteCertificateValidationCallback judge)
    {
        var loaded = Current();
        return new()
        {
            ServerCertificateContext = loaded.Context,
            ClientCertificateRequired = true,
            CertificateChainPolicy = Trust(loaded, "1.3.6.1.5.5.7.3.2"),
            RemoteCertificateValidationCallback = judge,
            EnabledSslProtocols = Protocols,
        };
    }

    internal SslClientAuthenticationOptions ForClient(RemoteCertificateValidationCallback judge)
    {
        var loaded = Current();
        return new()
        {
            TargetHost = MemberName,
            ClientCertificateContext = loaded.Context,
            CertificateChainPolicy = Trust(loaded, "1.3.6.1.5.5.7.3.1"),
            RemoteCertificateValidationCallback = judge,
            EnabledSslProtocols = Protocols,
        };
    }

    /// <summary>Whether the other end is of the cluster, given what the platform found about its certificate.</summary>
    internal static bool IsMember(X509Certificate? certificate, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None && certificate is X509Certificate2 known && known.MatchesHostname(MemberName, allowCommonName: false);

    private const System.Security.Authentication.SslProtocols Protocols =
        System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13;

    private Loaded Current()
    {
        var known = current;
        try
        {
            return current = Read(folder, known);
        }
        catch (Exception fault) when (known is not null && fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Half a change: the next handshake finds the other half.
            LogUnreadable(folder, fault.Message);
            return known!;
        }
    }

    private static Loaded Read(string folder, Loaded? known)
    {
        var certificate = File.ReadAllText(Path.Combine(folder, CertificateFile));
        var key = File.ReadAllText(Path.Combine(folder, KeyFile));
        var authority = File.ReadAllText(Path.Combine(folder, AuthorityFile));
        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(certificate + key + authority));
        if (known is not null && known.Hash.AsSpan().SequenceEqual(hash))
        {
            return known;
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(authority);
        var own = X509Certificate2.CreateFromPem(certificate, key);
        return new(hash, SslStreamCertificateContext.Create(own, null, offline: true), own, authorities);
    }

    private static X509ChainPolicy Trust(Loaded loaded, string usage)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(loaded.Authorities);
        policy.ApplicationPolicy.Add(new Oid(usage));
        return policy;
    }

    [LoggerMessage(EventId = 9010, Level = LogLevel.Warning, Message = "The cluster's certificate in {Folder} cannot be read, so the one before stays in use: {Why}")]
    private partial void LogUnreadable(string folder, string why);
}
