using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Muster.Upstream;

/// <summary>
/// Whether the upstream's certificate is trusted: issued for its host's name by the one authority that was named, or else by one the machine trusts.
/// </summary>
internal sealed class UpstreamTrust
{
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private readonly X509Certificate2Collection? authority;

    public UpstreamTrust(IOptions<UpstreamOptions> options)
    {
        if (options.Value.CaCertificate is { Length: > 0 } file)
        {
            authority = [];
            authority.ImportFromPemFile(file);
        }
    }

    /// <summary>Null where the machine decides.</summary>
    public RemoteCertificateValidationCallback? Callback => authority is null ? null : (_, leaf, shown, errors) => IsTrusted(leaf, shown, errors);

    private bool IsTrusted(X509Certificate? leaf, X509Chain? shown, SslPolicyErrors errors)
    {
        if (leaf is not X509Certificate2 certificate || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerUse);
        chain.ChainPolicy.CustomTrustStore.AddRange(authority!);
        chain.ChainPolicy.ExtraStore.AddRange(shown?.ChainPolicy.ExtraStore ?? []);
        foreach (var element in shown?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(certificate);
    }
}
