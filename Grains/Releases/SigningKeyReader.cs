using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Muster.Releases;

/// <summary>Reads what is to become a signing key. Pure.</summary>
internal static class SigningKeyReader
{
    internal const int MaxLength = 4096;
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int MinRsaBits = 2048;
    private const int MinCurveBits = 256;
    private const string Wanted = "pem must be a PUBLIC KEY (ECDSA P-256) or a CERTIFICATE (ECDSA P-256 or P-384, or RSA of 2048 bits or more), of at most 4096 characters.";

    /// <summary>The key without its id and time, or a sentence that says why there is none.</summary>
    internal static (SigningKeyView? Key, string? Why) Read(string id, string pem, DateTimeOffset now)
    {
        if (pem.Length > MaxLength || !PemEncoding.TryFind(pem, out var fields))
        {
            return (null, Wanted);
        }

        try
        {
            return pem[fields.Label] switch
            {
                "PUBLIC KEY" => ReadKey(id, pem[fields.Location], now),
                "CERTIFICATE" => ReadCertificate(id, pem[fields.Location], now),
                "PRIVATE KEY" or "EC PRIVATE KEY" or "RSA PRIVATE KEY" => (null, "pem is a private key: keep it to yourself, and register the public one."),
                _ => (null, Wanted),
            };
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            return (null, Wanted);
        }
    }

    private static (SigningKeyView? Key, string? Why) ReadKey(string id, string pem, DateTimeOffset now)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256
            ? (View(id, SigningKeyKind.Ecdsa, pem, key.ExportSubjectPublicKeyInfo(), now), null)
            : (null, Wanted);
    }

    private static (SigningKeyView? Key, string? Why) ReadCertificate(string id, string pem, DateTimeOffset now)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        using var rsa = certificate.GetRSAPublicKey();
        using var ecdsa = certificate.GetECDsaPublicKey();
        var expires = new DateTimeOffset(certificate.NotAfter).ToUniversalTime();
        return rsa?.KeySize < MinRsaBits || ecdsa?.KeySize < MinCurveBits || (rsa is null && ecdsa is null) ? (null, Wanted)
            : expires <= now ? (null, "The certificate's time is over.")
            : (View(id, SigningKeyKind.Cms, pem, certificate.PublicKey.ExportSubjectPublicKeyInfo(), now) with { ExpiresAt = expires }, null);
    }

    private static SigningKeyView View(string id, SigningKeyKind kind, string pem, byte[] publicKey, DateTimeOffset now) => new()
    {
        Id = id,
        Kind = kind,
        Pem = pem,
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(publicKey)),
        RegisteredAt = now,
    };
}
