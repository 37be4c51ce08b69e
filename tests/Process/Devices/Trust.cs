using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Muster.Hosting;

namespace Muster.Devices;

/// <summary>Trust in one hub's certificate authority and in nothing else.</summary>
internal static class Trust
{
    internal static bool Check(HubConnection hub, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var authority = X509CertificateLoader.LoadCertificateFromFile(hub.CaCertificate);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(new X509Certificate2(certificate));
    }
}
