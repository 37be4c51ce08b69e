using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Xunit;

namespace Muster.Releases;

public sealed class ArtifactLinksTests
{
    private static readonly string Sha256 = new('a', 64);
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private ArtifactLinks Links => new(new Keys(1), new HubAddress("hub.test", 8443, 8080), clock);

    [Fact]
    public void A_link_opens_one_artifact_for_one_device_until_its_time_is_over()
    {
        var urls = Links.Make(Artifact(), "d#1&x=2", clock.GetUtcNow().AddMinutes(5));

        Assert.StartsWith($"https://hub.test:8443/artifacts/{Sha256}/a+b.swu?", urls.Https, StringComparison.Ordinal);
        Assert.StartsWith($"http://hub.test:8080/artifacts/{Sha256}/a+b.swu?", urls.Http, StringComparison.Ordinal);
        Assert.Equal(LinkVerdict.Valid, Links.Verify(Sha256, "a+b.swu", QueryOf(urls.Https), out var grant));
        Assert.Equal(new DownloadGrant(Sha256, "a+b.swu", "pump+x@1+2", "d#1&x=2"), grant);
        Assert.Equal(LinkVerdict.Forged, Links.Verify(Sha256, "other.swu", QueryOf(urls.Https), out _));
        Assert.Equal(LinkVerdict.Forged, Links.Verify(new string('b', 64), "a+b.swu", QueryOf(urls.Https), out _));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(LinkVerdict.Expired, Links.Verify(Sha256, "a+b.swu", QueryOf(urls.Https), out _));
    }

    [Theory]
    [InlineData("rel", "other@1")]
    [InlineData("dev", "other")]
    [InlineData("se", "99999999999")]
    [InlineData("se", "")]
    [InlineData("sig", "")]
    [InlineData("sig", "AAAA")]
    public void A_link_of_which_anything_was_changed_is_forged(string name, string value)
    {
        var query = QueryOf(Links.Make(Artifact(), "d1", clock.GetUtcNow().AddMinutes(5)).Https).ToDictionary(pair => pair.Key, pair => pair.Value);
        query[name] = value;

        Assert.Equal(LinkVerdict.Forged, Links.Verify(Sha256, "a+b.swu", new QueryCollection(query), out _));
    }

    [Fact]
    public void A_hub_with_another_key_made_no_link_of_ours()
    {
        var other = new ArtifactLinks(new Keys(2), new HubAddress("hub.test", 443), clock);
        var urls = other.Make(Artifact(), "d1", clock.GetUtcNow().AddMinutes(5));

        Assert.Null(urls.Http);
        Assert.StartsWith("https://hub.test/", urls.Https, StringComparison.Ordinal);
        Assert.Equal(LinkVerdict.Forged, Links.Verify(Sha256, "a+b.swu", QueryOf(urls.Https), out _));
    }

    [Fact]
    public void An_upload_is_one_segment_of_a_path_and_ends()
    {
        var token = Links.MakeUpload("0123", clock.GetUtcNow().AddMinutes(5)).Split('/')[^1];

        Assert.Equal((LinkVerdict.Valid, "0123"), (Links.VerifyUpload(token, out var id), id));
        Assert.Equal(LinkVerdict.Forged, Links.VerifyUpload("1" + token[1..], out _));
        Assert.Equal(LinkVerdict.Forged, Links.VerifyUpload("0123", out _));
        clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(LinkVerdict.Expired, Links.VerifyUpload(token, out _));
    }

    private static QueryCollection QueryOf(string url) => new(QueryHelpers.ParseQuery(new Uri(url).Query));

    private static ReleaseArtifact Artifact() => new()
    {
        ReleaseId = "pump+x@1+2",
        Name = "a+b.swu",
        Size = 7,
        Sha256 = Sha256,
        Sha1 = "",
        Md5 = "",
        ContentType = "",
        BlocksSha256 = "",
    };

    private sealed class Keys(byte seed) : IKeyDerivation
    {
        public byte[] Derive(string purpose) => [.. Enumerable.Repeat(seed, 32)];
    }
}
