using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Muster.Releases;

public sealed class ManifestSignerTests
{
    [Fact]
    public void A_manifest_says_what_is_for_whom_and_how_its_files_are_known() => Assert.Equal(
        """{"updateId":{"name":"pump-fw","version":"2.0.0"},"compatibility":[{"model":"P7","hwRevision":"1"},{"model":"P7","hwRevision":"2"}],"files":{"f0":{"fileName":"pump.swu","sizeInBytes":7,"hashes":{"sha256":"HASH"}}},"createdDateTime":"2030-01-02T03:04:05Z"}"""
            .Replace("HASH", Convert.ToBase64String(Convert.FromHexString(OpensslVectors.Sha256)), StringComparison.Ordinal),
        ManifestSigner.Write(Release(["1", "2"])));

    [Fact]
    public void Where_any_hardware_will_do_none_is_named() =>
        Assert.Contains("\"compatibility\":[{\"model\":\"P7\"}]", ManifestSigner.Write(Release([])), StringComparison.Ordinal);

    [Fact]
    public void The_signature_is_a_JWS_over_the_manifests_hash()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(ManifestSigner.Write(Release([]))));
        var parts = ManifestSigner.Sign(key, hash).Split('.');

        Assert.Equal("ES256", JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement.GetProperty("alg").GetString());
        Assert.Equal(Convert.ToBase64String(hash), JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement.GetProperty("sha256").GetString());
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
    }

    private static ReleaseManifest Release(string[] revisions) => new()
    {
        Id = "pump-fw@2.0.0",
        Name = "pump-fw",
        Version = "2.0.0",
        Status = ReleaseStatus.Published,
        Compatibility = new ReleaseCompatibility { Models = ["P7"], HardwareRevisions = [.. revisions] },
        Artifacts =
        [
            new ReleaseArtifact
            {
                ReleaseId = "pump-fw@2.0.0",
                Name = "pump.swu",
                Size = 7,
                Sha256 = OpensslVectors.Sha256,
                Sha1 = "",
                Md5 = "",
                ContentType = "",
                BlocksSha256 = "",
            },
        ],
        PublishedAt = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };
}
