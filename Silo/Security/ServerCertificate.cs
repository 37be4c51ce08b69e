using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Muster.Hosting;

/// <summary>The certificate that the hub's ports present, signed by the <see cref="DevelopmentCa"/>.</summary>
internal static class ServerCertificate
{
    internal const string CertificateFile = "server.pem";
    internal const string KeyFile = "server.key";

    /// <summary>How far a client's clock may lag behind ours when the certificate is new.</summary>
    internal static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(730);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(180);

    /// <summary>What clients may dial: all names of the hub, and the machine's own.</summary>
    internal static IReadOnlyCollection<string> NamesFor(SiloSettings settings)
    {
        var machine = Environment.MachineName;
        var names = Uri.CheckHostName(machine) == UriHostNameType.Dns ? settings.AllNames().Append(machine) : settings.AllNames();
        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Reads the certificate; makes a new one if there is none, or it no longer serves (<see cref="Serves"/>).</summary>
    internal static X509Certificate2 LoadOrCreate(string folder, DevelopmentCa ca, IReadOnlyCollection<string> names, TimeProvider clock)
    {
        var (path, keyPath) = (Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
        if (Load(path, keyPath) is { } stored)
        {
            if (Serves(stored, ca, names, clock.GetUtcNow()))
            {
                return stored;
            }

            stored.Dispose();
        }

        var made = Create(ca, names, clock.GetUtcNow());
        using var key = made.GetECDsaPrivateKey()!;
        PrivateFile.Write(keyPath, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(made.ExportCertificatePem()), PrivateFile.Everyone);
        return made;
    }

    /// <summary>True while the certificate is of this authority, names exactly <paramref name="names"/>, and has half a year to go.</summary>
    internal static bool Serves(X509Certificate2 certificate, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        if (now + RenewBefore >= new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate) && NamesOf(certificate).ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(names);
    }

    internal static X509Certificate2 Create(DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Muster", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(AlternativeNames(names));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca.Certificate, true, false));
        var expires = now + Lifetime;
        var caExpires = new DateTimeOffset(ca.Certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        using var signed = request.Create(
            ca.Certificate, now - ClockSkew, expires < caExpires ? expires : caExpires, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    internal static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault();
        return names is null ? [] : names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString()));
    }

    private static X509Extension AlternativeNames(IReadOnlyCollection<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    private static X509Certificate2? Load(string path, string keyPath)
    {
        try
        {
            return File.Exists(path) && File.Exists(keyPath) ? X509Certificate2.CreateFromPemFile(path, keyPath) : null;
        }
        catch (CryptographicException)
        {
            // Everything in it can be made anew from the authority.
            return null;
        }
    }
}
