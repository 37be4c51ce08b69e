using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Whether a signature of an artifact holds, and by which key. Pure.</summary>
internal static class SignatureCheck
{
    internal const int MaxLength = 8 * 1024;
    private const int P1363Length = 64;

    /// <summary>Null if it can be a signature at all.</summary>
    internal static Refusal? CheckForm(ArtifactSignature signature) => Decode(signature.Value) is null
        ? Invalid($"signature.value must be base64, of at most {MaxLength} characters.")
        : signature.KeyId is { } id && !ReleaseIds.IsName(id) ? Invalid("signature.keyId is not the id of a signing key.") : null;

    /// <summary>The key that made it, or why it does not hold.</summary>
    internal static (SigningKeyView? Key, Refusal? Why) Judge(
        ImmutableArray<SigningKeyView> keys, ArtifactSignature signature, ReleaseArtifact artifact, DateTimeOffset now)
    {
        if (CheckForm(signature) is { } malformed)
        {
            return (null, malformed);
        }

        var named = signature.KeyId is { } id ? keys.FirstOrDefault(key => key.Id == id) : null;
        if (signature.KeyId is not null && named is null)
        {
            return (null, Invalid($"There is no signing key {signature.KeyId}."));
        }

        if (named?.RevokedAt is not null)
        {
            return (null, Invalid($"The signing key {named.Id} was revoked."));
        }

        var (bytes, digest) = (Decode(signature.Value)!, Convert.FromHexString(artifact.Sha256));
        var candidates = named is null ? keys.Where(key => key.RevokedAt is null) : [named];
        return candidates.FirstOrDefault(key => Holds(key, bytes, digest, now)) is { } maker
            ? (maker, null)
            : (null, Invalid($"The signature of {artifact.Name} does not hold by {(named is null ? "any signing key that is registered" : $"the signing key {named.Id}")}."));
    }

    private static bool Holds(SigningKeyView key, byte[] signature, byte[] digest, DateTimeOffset now)
    {
        try
        {
            if (key.Kind == SigningKeyKind.Cms)
            {
                using var certificate = X509Certificate2.CreateFromPem(key.Pem);
                return CmsSignature.Read(signature).Any(signer => signer.IsBy(certificate, now) && signer.Holds(certificate, digest));
            }

            using var ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(key.Pem);
            return (signature.Length == P1363Length && ecdsa.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
                || ecdsa.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static byte[]? Decode(string? value)
    {
        if (value is not { Length: > 0 and <= MaxLength })
        {
            return null;
        }

        var bytes = new byte[value.Length];
        return Convert.TryFromBase64String(value, bytes, out var length) && length > 0 ? bytes[..length] : null;
    }

    private static Refusal Invalid(string message) => new(HubErrorCode.SignatureInvalid, message);
}
