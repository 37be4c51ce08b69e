using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Muster.Mender;

/// <summary>The public key by which a client signs: RSA of 2048 bits or more, or ECDSA. (Ed25519 needs a runtime that has it.)</summary>
internal sealed class MenderKey
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;
    private const int MaxPemLength = 4096;
    private readonly PublicKey key;

    private MenderKey(PublicKey key, byte[] info)
    {
        this.key = key;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(info));
    }

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo, 64 lower-case hex digits: as <c>openssl pkey -pubin -outform DER | sha256sum</c> prints it.</summary>
    internal string Fingerprint { get; }

    /// <summary>Null if it is not PEM of a key that is taken.</summary>
    internal static MenderKey? Read(string pem)
    {
        try
        {
            if (pem.Length > MaxPemLength || !PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "PUBLIC KEY")
            {
                return null;
            }

            var info = Convert.FromBase64String(pem[fields.Base64Data]);
            var key = PublicKey.CreateFromSubjectPublicKeyInfo(info, out var read);
            return read == info.Length && IsTaken(key) ? new MenderKey(key, info) : null;
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Over the SHA-256 of the bytes: PKCS #1 v1.5 for RSA, ASN.1 for ECDSA.</summary>
    internal bool Verifies(ReadOnlySpan<byte> signed, string signatureBase64)
    {
        Span<byte> signature = stackalloc byte[MaxRsaBits / 8];
        if (!Convert.TryFromBase64String(signatureBase64, signature, out var length))
        {
            return false;
        }

        signature = signature[..length];
        try
        {
            using var rsa = key.GetRSAPublicKey();
            if (rsa is not null)
            {
                return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }

            using var ecdsa = key.GetECDsaPublicKey();
            return ecdsa is not null && ecdsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool IsTaken(PublicKey key)
    {
        using var rsa = key.GetRSAPublicKey();
        if (rsa is not null)
        {
            return rsa.KeySize is >= MinRsaBits and <= MaxRsaBits;
        }

        using var ecdsa = key.GetECDsaPublicKey();
        return ecdsa is not null;
    }
}
