using System.Collections.Immutable;
using System.Security.Cryptography;
using Muster.Errors;
using Xunit;

namespace Muster.Releases;

public sealed class SignatureCheckTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ImmutableArray<SigningKeyView> Keys =
    [
        Key("ecdsa", OpensslVectors.PublicKey), Key("cms-ec", OpensslVectors.EcCertificate), Key("cms-rsa", OpensslVectors.RsaCertificate),
    ];

    [Theory]
    [InlineData(OpensslVectors.Ecdsa, "ecdsa")]
    [InlineData(OpensslVectors.EcCms, "cms-ec")]
    [InlineData(OpensslVectors.RsaCms, "cms-rsa")]
    [InlineData(OpensslVectors.PssCms, "cms-rsa")]
    public void What_openssl_signed_holds_by_the_key_that_signed_it_named_or_not(string signature, string key)
    {
        Assert.Equal(key, SignatureCheck.Judge(Keys, new ArtifactSignature(signature, key), Artifact(), Now).Key?.Id);
        Assert.Equal(key, SignatureCheck.Judge(Keys, new ArtifactSignature(signature, null), Artifact(), Now).Key?.Id);
        foreach (var other in Keys.Where(other => other.Id != key))
        {
            Refused(Keys, signature, other.Id, Artifact());
        }
    }

    [Theory]
    [InlineData(OpensslVectors.Ecdsa)]
    [InlineData(OpensslVectors.EcCms)]
    [InlineData(OpensslVectors.RsaCms)]
    [InlineData(OpensslVectors.PssCms)]
    public void It_does_not_hold_for_other_bytes_nor_with_a_bit_changed(string signature)
    {
        Refused(Keys, signature, null, Artifact(OpensslVectors.Sha256.Replace('1', '2')));
        var bytes = Convert.FromBase64String(signature);
        for (var i = 0; i < bytes.Length; i += 7)
        {
            bytes[i] ^= 1;
            var judged = SignatureCheck.Judge(Keys, new ArtifactSignature(Convert.ToBase64String(bytes), null), Artifact(), Now);
            bytes[i] ^= 1;

            // A few bytes say nothing: the numbers of versions, and the names of algorithms that the key decides.
            Assert.True(judged.Key is null || judged.Key.Kind == SigningKeyKind.Cms, $"byte {i}");
        }

        Refused(Keys, signature[..^8], null, Artifact());
    }

    [Fact]
    public void Both_forms_of_an_ECDSA_signature_hold()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keys = ImmutableArray.Create(Key("k", key.ExportSubjectPublicKeyInfoPem()));
        foreach (var format in (DSASignatureFormat[])[DSASignatureFormat.Rfc3279DerSequence, DSASignatureFormat.IeeeP1363FixedFieldConcatenation])
        {
            var signature = Convert.ToBase64String(key.SignHash(Convert.FromHexString(OpensslVectors.Sha256), format));
            Assert.Equal("k", SignatureCheck.Judge(keys, new ArtifactSignature(signature, "k"), Artifact(), Now).Key?.Id);
        }
    }

    [Fact]
    public void A_key_that_was_revoked_or_is_not_registered_vouches_for_nothing()
    {
        var revoked = ImmutableArray.Create(Keys[0] with { RevokedAt = Now });

        Assert.Contains("was revoked", Refused(revoked, OpensslVectors.Ecdsa, "ecdsa", Artifact()), StringComparison.Ordinal);
        Refused(revoked, OpensslVectors.Ecdsa, null, Artifact());
        Assert.Contains("no signing key other", Refused(Keys, OpensslVectors.Ecdsa, "other", Artifact()), StringComparison.Ordinal);
        Refused([], OpensslVectors.EcCms, null, Artifact());
    }

    [Fact]
    public void A_certificate_holds_only_in_its_time_and_only_for_what_is_detached()
    {
        Assert.Null(SignatureCheck.Judge(Keys, new ArtifactSignature(OpensslVectors.EcCms, null), Artifact(), Now.AddYears(200)).Key);
        Assert.Null(SignatureCheck.Judge(Keys, new ArtifactSignature(OpensslVectors.EcCms, null), Artifact(), Now.AddYears(-10)).Key);
        Refused(Keys, OpensslVectors.AttachedCms, null, Artifact());
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AAAA")]
    public void What_is_no_signature_is_refused(string value) => Refused(Keys, value, null, Artifact());

    [Fact]
    public void What_is_registered_is_a_public_key_or_a_certificate_and_strong_enough()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);

        Assert.Contains("private key", SigningKeyReader.Read("k", p256.ExportPkcs8PrivateKeyPem(), Now).Why, StringComparison.Ordinal);
        Assert.Null(SigningKeyReader.Read("k", p384.ExportSubjectPublicKeyInfoPem(), Now).Key);
        Assert.Null(SigningKeyReader.Read("k", rsa.ExportSubjectPublicKeyInfoPem(), Now).Key);
        Assert.Null(SigningKeyReader.Read("k", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", Now).Key);
        Assert.Null(SigningKeyReader.Read("k", "a key", Now).Key);
        Assert.Null(SigningKeyReader.Read("k", OpensslVectors.EcCertificate, Now.AddYears(200)).Key);
    }

    private static SigningKeyView Key(string id, string pem) => SigningKeyReader.Read(id, pem, Now).Key ?? throw new ArgumentException(pem);

    private static ReleaseArtifact Artifact(string sha256 = OpensslVectors.Sha256) => new()
    {
        ReleaseId = "r@1",
        Name = "a.bin",
        Size = 7,
        Sha256 = sha256,
        Sha1 = "",
        Md5 = "",
        ContentType = "",
        BlocksSha256 = "",
    };

    private static string Refused(ImmutableArray<SigningKeyView> keys, string value, string? keyId, ReleaseArtifact artifact)
    {
        var (key, why) = SignatureCheck.Judge(keys, new ArtifactSignature(value, keyId), artifact, Now);
        Assert.Null(key);
        Assert.Equal(HubErrorCode.SignatureInvalid, why!.Code);
        return why.Message;
    }
}
