using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Muster.Releases;

/// <summary>
/// One signer of a detached CMS signature (RFC 5652). The framework's own reader wants the content itself, which may have 2 GiB; its SHA-256 is enough.
/// RSA-PSS holds with a salt as long as the hash, which is what the framework verifies.
/// </summary>
internal sealed class CmsSignature
{
    private const string SignedData = "1.2.840.113549.1.7.2";
    private const string ContentType = "1.2.840.113549.1.9.3";
    private const string MessageDigest = "1.2.840.113549.1.9.4";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private const string RsaPss = "1.2.840.113549.1.1.10";
    private const int MaxSigners = 8;
    private const byte SetTag = 0x31;

    private static readonly Asn1Tag Context0 = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Context1 = new(TagClass.ContextSpecific, 1);

    private ReadOnlyMemory<byte> Issuer { get; init; }

    private ReadOnlyMemory<byte> Serial { get; init; }

    /// <summary>In place of issuer and serial number; null where those are there.</summary>
    private byte[]? KeyIdentifier { get; init; }

    /// <summary>As it is signed: a SET; null where the content itself is signed.</summary>
    private byte[]? Attributes { get; init; }

    private byte[]? ContentDigest { get; init; }

    internal required string Algorithm { get; init; }

    internal required byte[] Signature { get; init; }

    /// <summary>Those of its signers that use SHA-256.</summary>
    /// <exception cref="CryptographicException">It is no such signature.</exception>
    internal static IReadOnlyList<CmsSignature> Read(byte[] cms)
    {
        try
        {
            var content = new AsnReader(cms, AsnEncodingRules.BER).ReadSequence();
            var isSigned = content.ReadObjectIdentifier() == SignedData;
            return isSigned ? ReadSigners(content.ReadSequence(Context0).ReadSequence()) : throw new CryptographicException("It is not CMS signed data.");
        }
        catch (AsnContentException wrong)
        {
            throw new CryptographicException("It is not CMS.", wrong);
        }
    }

    /// <summary>Whether the certificate is the signer's, and holds now.</summary>
    internal bool IsBy(X509Certificate2 certificate, DateTimeOffset now)
    {
        var isSame = KeyIdentifier is { } identifier
            ? certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any(own => own.SubjectKeyIdentifierBytes.Span.SequenceEqual(identifier))
            : certificate.IssuerName.RawData.AsSpan().SequenceEqual(Issuer.Span) && certificate.SerialNumberBytes.Span.SequenceEqual(Serial.Span);
        return isSame && new DateTimeOffset(certificate.NotBefore) <= now && now < new DateTimeOffset(certificate.NotAfter);
    }

    /// <summary>Whether it holds for content of this SHA-256.</summary>
    internal bool Holds(X509Certificate2 certificate, byte[] digest)
    {
        if (Attributes is not null && !digest.AsSpan().SequenceEqual(ContentDigest))
        {
            return false;
        }

        var signed = Attributes is null ? digest : SHA256.HashData(Attributes);
        if (certificate.GetECDsaPublicKey() is { } ecdsa)
        {
            using (ecdsa)
            {
                return ecdsa.VerifyHash(signed, Signature, DSASignatureFormat.Rfc3279DerSequence);
            }
        }

        using var rsa = certificate.GetRSAPublicKey();
        return rsa?.VerifyHash(
            signed, Signature, HashAlgorithmName.SHA256, Algorithm == RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1) == true;
    }

    private static List<CmsSignature> ReadSigners(AsnReader signedData)
    {
        signedData.ReadInteger();
        signedData.ReadSetOf();
        var content = signedData.ReadSequence();
        content.ReadObjectIdentifier();
        if (content.HasData)
        {
            throw new CryptographicException("The signature is not detached: the content is in it.");
        }

        while (signedData.HasData && (signedData.PeekTag().HasSameClassAndValue(Context0) || signedData.PeekTag().HasSameClassAndValue(Context1)))
        {
            signedData.ReadEncodedValue();
        }

        var (signers, set) = (new List<CmsSignature>(), signedData.ReadSetOf());
        while (set.HasData && signers.Count < MaxSigners)
        {
            if (ReadSigner(set.ReadSequence()) is { } signer)
            {
                signers.Add(signer);
            }
        }

        return signers;
    }

    private static CmsSignature? ReadSigner(AsnReader signer)
    {
        signer.ReadInteger();
        var (issuer, serial, identifier) = (default(ReadOnlyMemory<byte>), default(ReadOnlyMemory<byte>), default(byte[]));
        if (signer.PeekTag().HasSameClassAndValue(Context0))
        {
            identifier = signer.ReadOctetString(Context0);
        }
        else
        {
            var name = signer.ReadSequence();
            (issuer, serial) = (name.ReadEncodedValue(), name.ReadIntegerBytes());
        }

        var isSha256 = signer.ReadSequence().ReadObjectIdentifier() == Sha256;
        var (attributes, digest) = signer.PeekTag().HasSameClassAndValue(Context0) ? ReadAttributes(signer.ReadEncodedValue()) : (null, null);
        var algorithm = signer.ReadSequence().ReadObjectIdentifier();
        return !isSha256 ? null : new CmsSignature
        {
            Issuer = issuer,
            Serial = serial,
            KeyIdentifier = identifier,
            Attributes = attributes,
            ContentDigest = digest,
            Algorithm = algorithm,
            Signature = signer.ReadOctetString(),
        };
    }

    /// <summary>What is signed of them, with the tag of a SET (section 5.4), and the content's digest in them.</summary>
    private static (byte[] Signed, byte[]? Digest) ReadAttributes(ReadOnlyMemory<byte> encoded)
    {
        var signed = encoded.ToArray();
        signed[0] = SetTag;
        var (digest, hasType) = (default(byte[]), false);
        for (var set = new AsnReader(signed, AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true); set.HasData;)
        {
            var attribute = set.ReadSequence();
            var kind = attribute.ReadObjectIdentifier();
            var values = attribute.ReadSetOf();
            hasType |= kind == ContentType;
            digest = kind == MessageDigest ? values.ReadOctetString() : digest;
        }

        return hasType ? (signed, digest) : throw new CryptographicException("The signed attributes lack the content's type.");
    }
}
