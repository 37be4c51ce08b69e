using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Xunit;

namespace Muster.Files;

public sealed class BlobSasTests
{
    private static readonly DateTimeOffset Now = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider clock = new(Now);

    [Fact]
    public void A_link_opens_its_blob_until_its_time_is_over()
    {
        var sas = new BlobSas(new Keys(1), clock);
        var query = Query(sas.Make("d1/x.txt", Now.AddHours(1)));

        Assert.Equal(BlobSasVerdict.Valid, sas.Verify(query, "d1/x.txt"));
        clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Equal(BlobSasVerdict.Valid, sas.Verify(query, "d1/x.txt"));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(BlobSasVerdict.Expired, sas.Verify(query, "d1/x.txt"));
    }

    [Fact]
    public void A_link_opens_no_other_blob_and_another_hubs_opens_none()
    {
        var sas = new BlobSas(new Keys(1), clock);
        var query = Query(sas.Make("d1/x.txt", Now.AddHours(1)));

        foreach (var other in (string[])["d1/x.tx", "d1/x.txtt", "d2/x.txt", "D1/x.txt", "d1/../d1/x.txt", "d1//x.txt"])
        {
            Assert.Equal(BlobSasVerdict.Forged, sas.Verify(query, other));
        }

        Assert.Equal(BlobSasVerdict.Forged, new BlobSas(new Keys(2), clock).Verify(query, "d1/x.txt"));
    }

    [Fact]
    public void Whatever_is_changed_in_a_link_breaks_it()
    {
        var sas = new BlobSas(new Keys(1), clock);
        var link = sas.Make("d1/x.txt", Now.AddHours(1));
        for (var i = 1; i < link.Length; i++)
        {
            var changed = $"{link[..i]}{(link[i] == 'x' ? 'y' : 'x')}{link[(i + 1)..]}";
            Assert.NotEqual(BlobSasVerdict.Valid, sas.Verify(Query(changed), "d1/x.txt"));
        }

        Assert.Equal(BlobSasVerdict.Missing, sas.Verify(Query("?sv=2020-10-02"), "d1/x.txt"));
        Assert.Equal(BlobSasVerdict.Forged, sas.Verify(Query(link + "&se=2099-01-01T00%3A00%3A00Z"), "d1/x.txt"));
    }

    [Theory]
    [InlineData("/blobs/uploads/d1/x.txt?sig=1", "d1/x.txt")]
    [InlineData("/Blobs/Uploads/d1%2Fx%20y.txt", "d1/x y.txt")]
    [InlineData("/blobs/uploads/d%251/gr%C3%BCn", "d%1/grün")]
    [InlineData("/blobs/uploads/", null)]
    [InlineData("/blobs/uploads/d1/%ff", null)]
    [InlineData("/blobs/uploads/d1/%2", null)]
    [InlineData("/other?/blobs/uploads/d1/x", null)]
    public void A_blobs_name_is_the_decoded_path(string target, string? name) => Assert.Equal(name, BlobPath.NameIn(target));

    [Fact]
    public void A_link_path_leads_back_to_its_blob()
    {
        foreach (var name in (string[])["d1/x.txt", "d%1#2?3/x y+z.txt", "d1/grün"])
        {
            Assert.Equal(name, BlobPath.NameIn($"/{BlobPath.Container}/{UploadLink.NameInLink(name)}?sig=x"));
            Assert.Equal(name, BlobPath.NameIn($"/{BlobPath.Container}/{BlobPath.Escaped(name)}"));
        }
    }

    [Theory]
    [InlineData("", 0, 10, false)]
    [InlineData("bytes=0-3", 0, 4, true)]
    [InlineData("bytes=8-", 8, 2, true)]
    [InlineData("bytes=8-99", 8, 2, true)]
    [InlineData("bytes=-3", 7, 3, true)]
    [InlineData("bytes=-30", 0, 10, true)]
    [InlineData("bytes=0-1,4-5", 0, 10, false)]
    [InlineData("bytes=x", 0, 10, false)]
    public void A_range_is_cut_to_the_blob(string header, long offset, long length, bool isPart) =>
        Assert.Equal(new BlobRange(offset, length, isPart), BlobRange.Read(header, 10));

    [Theory]
    [InlineData("bytes=10-")]
    [InlineData("bytes=-0")]
    public void A_range_that_the_blob_does_not_have_is_none(string header) => Assert.Null(BlobRange.Read(header, 10));

    private static QueryCollection Query(string text) => new(QueryHelpers.ParseQuery(text));

    private sealed class Keys(byte seed) : IKeyDerivation
    {
        public byte[] Derive(string purpose) => [.. Enumerable.Repeat(seed, 32)];
    }
}
