using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Xunit;

namespace Muster.Releases;

/// <summary>Downloads over the real HTTP server, from the real store.</summary>
public sealed class DownloadTests : IAsyncLifetime
{
    private const int MiB = 1024 * 1024;
    private readonly string folder = Directory.CreateTempSubdirectory("muster-releases-").FullName;
    private ReleaseServer server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ReleaseServer.StartAsync(folder, ("Releases:RequireSignature", "false"));

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Any_part_is_served_as_it_was_asked_for()
    {
        var content = RandomNumberGenerator.GetBytes(3 * MiB + 100);
        var url = (await server.LinkAsync(await PublishAsync("parts", content))).Https;
        var etag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"");

        using (var whole = await GetAsync(url))
        {
            Assert.Equal((HttpStatusCode.OK, etag, "bytes"), (whole.StatusCode, whole.Headers.ETag, whole.Headers.AcceptRanges.Single()));
            Assert.Equal(("application/octet-stream", "nosniff"), (whole.Content.Headers.ContentType?.MediaType, whole.Headers.GetValues("X-Content-Type-Options").Single()));
            Assert.Equal("attachment; filename=\"a.bin\"", whole.Content.Headers.ContentDisposition?.ToString());
            Assert.Equal(content, await whole.Content.ReadAsByteArrayAsync(Cancel));
        }

        foreach (var (from, to) in ((int, int)[])[(0, 0), (MiB - 1, MiB), (MiB, 3 * MiB - 1), (3 * MiB, 3 * MiB + 99)])
        {
            using var part = await GetAsync(url, request => request.Headers.Range = new RangeHeaderValue(from, to));
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal($"bytes {from}-{to}/{content.Length}", part.Content.Headers.ContentRange?.ToString());
            Assert.Equal(content[from..(to + 1)], await part.Content.ReadAsByteArrayAsync(Cancel));
        }

        await ConditionsAsync(url, etag, content.Length);
    }

    private async Task ConditionsAsync(string url, EntityTagHeaderValue etag, int length)
    {
        using var head = await GetAsync(url, request => request.Method = HttpMethod.Head);
        Assert.Equal((HttpStatusCode.OK, length), (head.StatusCode, head.Content.Headers.ContentLength));
        using var known = await GetAsync(url, request => request.Headers.IfNoneMatch.Add(etag));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using var beyond = await GetAsync(url, request => request.Headers.Range = new RangeHeaderValue(length, null));
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, $"bytes */{length}"), (beyond.StatusCode, beyond.Content.Headers.ContentRange?.ToString()));
        using var same = await GetAsync(url, request => (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(5, null), new RangeConditionHeaderValue(etag)));
        Assert.Equal(HttpStatusCode.PartialContent, same.StatusCode);
        using var other = await GetAsync(
            url, request => (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(5, null), new RangeConditionHeaderValue("\"other\"")));
        Assert.Equal((HttpStatusCode.OK, length), (other.StatusCode, other.Content.Headers.ContentLength));
        using var forged = await GetAsync(url.Replace("dev=d1", "dev=d2", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
    }

    [Fact]
    public async Task A_byte_that_changed_on_the_disk_ends_the_response_and_withdraws_every_release_that_has_it()
    {
        var content = RandomNumberGenerator.GetBytes(3 * MiB);
        var first = await PublishAsync("damaged", content);
        var second = await PublishAsync("damaged-too", content);
        var url = (await server.LinkAsync(first)).Https;
        Damage(2 * MiB + 5);

        var received = new MemoryStream();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var answer = await GetAsync(url);
            await answer.Content.CopyToAsync(received, Cancel);
        });

        Assert.True(received.Length <= 2 * MiB, $"{received.Length} bytes came");
        Assert.Equal(content[..(int)received.Length], received.ToArray());
        foreach (var id in (string[])[first, second])
        {
            var release = await server.Grains.GetGrain<IReleaseGrain>(id).GetAsync();
            Assert.Equal(ReleaseStatus.Withdrawn, release!.Status);
            Assert.Contains("damaged", release.Reason, StringComparison.Ordinal);
        }

        using var later = await GetAsync(url);
        Assert.Equal(HttpStatusCode.Gone, later.StatusCode);
    }

    [Fact]
    public async Task What_is_damaged_where_it_was_asked_for_is_not_begun()
    {
        var id = await PublishAsync("first-block", RandomNumberGenerator.GetBytes(MiB + 1));
        Damage(5);

        using var answer = await GetAsync((await server.LinkAsync(id)).Https);
        Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        Assert.Equal(ReleaseStatus.Withdrawn, (await server.Grains.GetGrain<IReleaseGrain>(id).GetAsync())!.Status);
    }

    [Fact]
    public async Task Neither_a_draft_nor_what_was_withdrawn_is_downloaded()
    {
        var id = await server.CreateAsync("never", RandomNumberGenerator.GetBytes(10));
        var url = (await server.LinkAsync(id)).Https;
        using var draft = await GetAsync(url);
        Assert.Equal(HttpStatusCode.NotFound, draft.StatusCode);
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/publish")).Status);
        using var published = await GetAsync(url);
        Assert.Equal(HttpStatusCode.OK, published.StatusCode);
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/withdraw", new { reason = "It leaks." })).Status);
        using var withdrawn = await GetAsync(url);
        Assert.Equal(HttpStatusCode.Gone, withdrawn.StatusCode);
    }

    [Fact]
    public async Task Artifacts_are_all_that_plain_HTTP_serves()
    {
        var content = RandomNumberGenerator.GetBytes(1000);
        var urls = await server.LinkAsync(await PublishAsync("plain", content));

        using var answer = await server.Http.GetAsync(urls.Http, Cancel);
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync(Cancel));
        foreach (var path in (string[])["/api/v1/releases", "/health/live", "/artifacts/uploads/x", "/"])
        {
            using var nothing = await server.Http.GetAsync($"http://127.0.0.31:{server.PlainPort}{path}", Cancel);
            Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        }
    }

    [Fact]
    public async Task The_bytes_stay_until_the_last_release_that_has_them_is_deleted()
    {
        var content = RandomNumberGenerator.GetBytes(1000);
        var (first, second) = (await PublishAsync("one", content), await PublishAsync("two", content));
        var url = (await server.LinkAsync(second)).Https;

        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{first}")).Status);
        using (var still = await GetAsync(url))
        {
            Assert.Equal(content, await still.Content.ReadAsByteArrayAsync(Cancel));
        }

        Assert.Equal(204, (await server.SendAsync("DELETE", $"/api/v1/releases/{second}")).Status);
        Assert.Empty(Blobs());
        using var gone = await GetAsync(url);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private async Task<string> PublishAsync(string name, byte[] content)
    {
        var id = await server.CreateAsync(name, content);
        Assert.Equal(200, (await server.SendAsync("POST", $"/api/v1/releases/{id}/publish")).Status);
        return id;
    }

    private Task<HttpResponseMessage> GetAsync(string url, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, ReleaseServer.Local(url));
        change?.Invoke(request);
        return server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    private IEnumerable<FileInfo> Blobs() => new DirectoryInfo(Path.Combine(folder, "artifacts", "blobs")).EnumerateFiles("*", SearchOption.AllDirectories);

    /// <summary>Changes a byte of the largest file, so far from its end as it is from the content's.</summary>
    private void Damage(int offset)
    {
        var file = Blobs().MaxBy(blob => blob.Length)!;
        using var stream = file.Open(FileMode.Open, FileAccess.ReadWrite);

        // A header of some hundred bytes stands before the content.
        var length = new byte[4];
        stream.ReadExactly(length);
        stream.Position = 4 + System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(length) + offset;
        var value = stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(value ^ 1));
    }
}
