using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muster.Errors;
using Xunit;

namespace Muster.Releases;

public sealed class SigningKeyRulesTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("stolen", false)]
    [InlineData("other", false)]
    [InlineData("stolen", true)]
    [InlineData("other", true)]
    public void A_revoked_key_is_not_registered_again_under_any_id_nor_in_a_certificate(string id, bool isCertificate)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ImmutableArray<SigningKeyView> keys = [Revoked(Read("stolen", key.ExportSubjectPublicKeyInfoPem()))];

        var why = SigningKeyRules.CheckRegister(keys, Read(id, isCertificate ? Certificate(key) : key.ExportSubjectPublicKeyInfoPem()));

        Assert.Equal(HubErrorCode.SigningKeyRevoked, why?.Code);
        Assert.Contains("stolen", why!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_was_not_revoked_is_registered_however_often_it_is_said_and_never_in_anothers_place()
    {
        var (first, second) = (Read("a", Pem()), Read("a", Pem()));
        ImmutableArray<SigningKeyView> keys = [first, Revoked(Read("b", Pem()))];

        Assert.Null(SigningKeyRules.CheckRegister(keys, first));
        Assert.Null(SigningKeyRules.CheckRegister(keys, first with { Id = "c" }));
        Assert.Equal(HubErrorCode.SigningKeyExists, SigningKeyRules.CheckRegister(keys, second)?.Code);
        Assert.Equal(HubErrorCode.SigningKeyExists, SigningKeyRules.CheckRegister(keys, second with { Id = "b" })?.Code);
        Assert.Null(SigningKeyRules.CheckRegister(keys, second with { Id = "c" }));
    }

    [Fact]
    public void There_are_at_most_as_many_as_one_document_takes()
    {
        var known = Read("k0", Pem());
        ImmutableArray<SigningKeyView> keys = [known, .. Enumerable.Range(1, SigningKeyRules.MaxKeys - 1).Select(i => known with { Id = $"k{i}" })];

        Assert.Null(SigningKeyRules.CheckRegister(keys, known));
        Assert.Null(SigningKeyRules.CheckRegister(keys.RemoveAt(1), Read("new", Pem())));
        Assert.Equal(HubErrorCode.TooManySigningKeys, SigningKeyRules.CheckRegister(keys, Read("new", Pem()))?.Code);
    }

    [Fact]
    public void Revoked_keys_leave_room_for_others_as_long_as_their_document_does()
    {
        var gone = Revoked(Read("gone", Pem()));

        Assert.Null(SigningKeyRules.CheckRegister(Gone(300), Read("new", Pem())));
        Assert.Equal(HubErrorCode.TooManySigningKeys, SigningKeyRules.CheckRegister(Gone(400), Read("new", Pem()))?.Code);

        ImmutableArray<SigningKeyView> Gone(int count) => [.. Enumerable.Range(0, count).Select(i => gone with { Id = $"k{i}" })];
    }

    [Fact]
    public void A_key_is_revoked_under_every_id_and_form_that_it_has_and_no_other_is()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (certificate, other, stolen) = (Read("certificate", Certificate(key)), Read("other", Pem()), Read("stolen", key.ExportSubjectPublicKeyInfoPem()));

        var keys = SigningKeyRules.Revoke([certificate, other, stolen], stolen, Now);

        Assert.Equal([Revoked(certificate), other, Revoked(stolen)], keys);
        Assert.Equal([Revoked(certificate), other, Revoked(stolen)], SigningKeyRules.Revoke(keys, certificate, Now.AddDays(1)));
    }

    [Fact]
    public void Only_a_key_that_was_not_revoked_is_deleted()
    {
        ImmutableArray<SigningKeyView> keys = [Read("kept", Pem()), Revoked(Read("stolen", Pem()))];

        Assert.Null(SigningKeyRules.CheckDelete(keys, "kept"));
        Assert.Equal(HubErrorCode.SigningKeyRevoked, SigningKeyRules.CheckDelete(keys, "stolen")?.Code);
        Assert.Equal(HubErrorCode.SigningKeyNotFound, SigningKeyRules.CheckDelete(keys, "other")?.Code);
    }

    private static SigningKeyView Revoked(SigningKeyView key) => key with { RevokedAt = Now };

    private static SigningKeyView Read(string id, string pem) => SigningKeyReader.Read(id, pem, Now).Key!;

    private static string Pem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    private static string Certificate(ECDsa key)
    {
        using var certificate = new CertificateRequest("CN=signer", key, HashAlgorithmName.SHA256).CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        return certificate.ExportCertificatePem();
    }
}
