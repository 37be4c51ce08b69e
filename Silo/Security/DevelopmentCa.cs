using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Muster.Hosting;

/// <summary>The private certificate authority of a data folder (ECDSA P-256, 10 years), made at its first start.</summary>
internal sealed class DevelopmentCa : IDisposable
{
    internal const string CertificateFile = "ca.pem";
    internal const string KeyFile = "ca.key";
    private const int LifetimeYears = 10;

    private DevelopmentCa(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>With its private key, if that is here: a silo that finds all certificates ready needs none.</summary>
    internal X509Certificate2 Certificate { get; }

    internal static DevelopmentCa LoadOrCreate(string folder, TimeProvider clock)
    {
        var (certificate, key) = (Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
        if (!File.Exists(certificate))
        {
            using var made = Create(clock.GetUtcNow());
            using var secret = made.Certificate.GetECDsaPrivateKey()!;
            PrivateFile.Write(key, Encoding.ASCII.GetBytes(secret.ExportPkcs8PrivateKeyPem()));
            PrivateFile.Write(certificate, Encoding.ASCII.GetBytes(made.Certificate.ExportCertificatePem() + "\n"), PrivateFile.Everyone);
        }

        return Load(folder)!;
    }

    /// <summary>Null if there is none.</summary>
    internal static DevelopmentCa? Load(string folder)
    {
        var (certificate, key) = (Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
        if (!File.Exists(certificate))
        {
            return null;
        }

        try
        {
            return new(File.Exists(key) ? X509Certificate2.CreateFromPemFile(certificate, key) : X509CertificateLoader.LoadCertificateFromFile(certificate));
        }
        catch (CryptographicException exception)
        {
            throw new StartupException(ExitCode.DataFolder, $"{certificate} and {key} are no certificate authority: {exception.Message}");
        }
    }

    internal static DevelopmentCa Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Muster development CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new(request.CreateSelfSigned(now - LeafCertificate.ClockSkew, now.AddYears(LifetimeYears)));
    }

    public void Dispose() => Certificate.Dispose();
}
