using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Muster.Hosting;

/// <summary>A certificate that the <see cref="DevelopmentCa"/> signs: where it lies, whom it names and what it may be used for.</summary>
/// <param name="CertificateFile">PEM, readable by everyone.</param>
/// <param name="KeyFile">PEM, readable by its owner.</param>
/// <param name="Subject">Distinguished name.</param>
/// <param name="Usages">Object ids of extended key usages.</param>
internal sealed record LeafCertificate(string CertificateFile, string KeyFile, string Subject, params IReadOnlyList<string> Usages)
{
    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>How far a client's clock may lag behind ours when the certificate is new.</summary>
    internal static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(730);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(180);

    /// <summary>
    /// Reads the certificate; makes a new one if there is none, or it no longer serves. One that is merely due, where none can be made, stays.
    /// </summary>
    /// <exception cref="StartupException">There is none that can be used, and none can be made.</exception>
    internal X509Certificate2 LoadOrMake(string folder, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        var stored = Load(folder);
        if (stored is not null && Serves(stored, ca, names, now))
        {
            return stored;
        }

        try
        {
            return Make(folder, ca, names, now);
        }
        catch (Exception exception) when (exception is StartupException or IOException or UnauthorizedAccessException)
        {
            if (stored is not null && IsUsable(stored, ca, names, now))
            {
                return stored;
            }

            throw exception as StartupException ?? new StartupException(ExitCode.DataFolder, $"{CertificateFile} cannot be made: {exception.Message}");
        }
    }

    /// <summary>True if a certificate lies in the folder that serves, or that cannot be renewed here but still can be used.</summary>
    internal bool IsUsableIn(string folder, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        using var stored = Load(folder);
        return stored is not null && (ca.Certificate.HasPrivateKey ? Serves(stored, ca, names, now) : IsUsable(stored, ca, names, now));
    }

    /// <summary>True while the certificate is of this authority, covers <paramref name="names"/>, and has half a year to go.</summary>
    internal static bool Serves(X509Certificate2 certificate, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now) =>
        now + RenewBefore < Utc(certificate.NotAfter) && IsUsable(certificate, ca, names, now);

    /// <summary>Null if there is none, or it cannot be read: everything in it can be made anew from the authority.</summary>
    private X509Certificate2? Load(string folder)
    {
        var (path, keyPath) = (Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
        try
        {
            return File.Exists(path) && File.Exists(keyPath) ? X509Certificate2.CreateFromPemFile(path, keyPath) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Signs one and writes it, key first.</summary>
    /// <exception cref="StartupException">The authority's key is not here.</exception>
    private X509Certificate2 Make(string folder, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        if (!ca.Certificate.HasPrivateKey)
        {
            throw new StartupException(ExitCode.DataFolder,
                $"{Path.Combine(folder, CertificateFile)} is missing or no longer serves, and cannot be made without {DevelopmentCa.KeyFile}");
        }

        var made = Create(ca, names, now);
        using var key = made.GetECDsaPrivateKey()!;
        PrivateFile.Write(Path.Combine(folder, KeyFile), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        PrivateFile.Write(Path.Combine(folder, CertificateFile), Encoding.ASCII.GetBytes(made.ExportCertificatePem() + "\n"), PrivateFile.Everyone);
        return made;
    }

    internal X509Certificate2 Create(DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. Usages.Select(usage => new Oid(usage))], critical: false));
        request.CertificateExtensions.Add(AlternativeNames(names));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca.Certificate, true, false));
        var expires = now + Lifetime;
        var caExpires = Utc(ca.Certificate.NotAfter);
        using var signed = request.Create(
            ca.Certificate, now - ClockSkew, expires < caExpires ? expires : caExpires, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>True while the certificate is of this authority, covers <paramref name="names"/>, and is in its time.</summary>
    private static bool IsUsable(X509Certificate2 certificate, DevelopmentCa ca, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate) && NamesOf(certificate).ToHashSet(StringComparer.OrdinalIgnoreCase).IsSupersetOf(names);
    }

    internal static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault();
        return names is null ? [] : names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString()));
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);

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
}
