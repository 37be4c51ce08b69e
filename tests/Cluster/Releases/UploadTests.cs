using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Muster.Releases;

/// <summary>Uploads over the real HTTP server, into the real store.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int MiB = 1024 * 1024;
    private readonly string folder = Directory.CreateTempSubdirectory("muster-releases-").FullName;
    private ReleaseServer server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ReleaseServer.StartAsync(folder);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_upload_that_was_cut_off_goes_on_where_it_was_acknowledged_even_after_the_process_ended()
    {
        var content = RandomNumberGenerator.GetBytes(9 * MiB + 17);
        await NewReleaseAsync("cut");
        var url = await server.BeginAsync("cut@1", new { name = "a.bin", size = content.Length, sha256 = Convert.ToHexString(SHA256.HashData(content)) });
        var first = await server.SendAsync("PUT", url, content[..(5 * MiB)], $"bytes 0-{5 * MiB - 1}/{content.Length}");
        Assert.Equal((202, $"bytes=0-{5 * MiB - 1}"), (first.Status, first.Headers.GetValues("Range").Single()));
        await CutOffAsync(url, content[(5 * MiB)..], 5 * MiB, content.Length);

        var asked = await server.SendAsync("HEAD", url);
        Assert.Equal(9L * MiB, Offset(asked.Headers));
        await RestartAsync();
        url = Moved(url);
        asked = await server.SendAsync("HEAD", url);
        Assert.Equal(9L * MiB, Offset(asked.Headers));
        var conflict = await server.SendAsync("PUT", url, content[..10], $"bytes 0-9/{content.Length}");
        Assert.Equal((409, 9L * MiB), (conflict.Status, Offset(conflict.Headers)));
        var last = await server.SendAsync("PUT", url, content[(9 * MiB)..], $"bytes {9 * MiB}-{content.Length - 1}/{content.Length}");

        Assert.Equal(201, last.Status);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), last.Json.GetProperty("sha256").GetString());
        Assert.Equal(10, last.Json.GetProperty("blocks").GetInt32());
        Assert.Equal(404, (await server.SendAsync("HEAD", url)).Status);
        await server.Grains.GetGrain<IReleaseGrain>("cut@1").GetManifestAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, "artifacts", "staged")));
    }

    [Fact]
    public async Task What_was_begun_anew_through_another_silo_is_hashed_as_it_is_stored()
    {
        var (first, second) = (RandomNumberGenerator.GetBytes(8 * MiB + 5), RandomNumberGenerator.GetBytes(8 * MiB + 5));
        await NewReleaseAsync("anew");
        var url = await server.BeginAsync("anew@1", new { name = "a.bin", size = second.Length, sha256 = Convert.ToHexString(SHA256.HashData(second)) });
        Assert.Equal(202, (await server.SendAsync("PUT", url, first[..(8 * MiB)], $"bytes 0-{8 * MiB - 1}/{first.Length}")).Status);
        await BeginAnewElsewhereAsync(url, second[..(8 * MiB)]);

        var last = await server.SendAsync("PUT", url, second[(8 * MiB)..], $"bytes {8 * MiB}-{second.Length - 1}/{second.Length}");

        Assert.Equal((201, Convert.ToHexStringLower(SHA256.HashData(second))), (last.Status, last.Json.GetProperty("sha256").GetString()));
    }

    [Fact]
    public async Task What_is_not_what_was_declared_changes_nothing_and_can_be_sent_again()
    {
        var content = RandomNumberGenerator.GetBytes(100);
        await NewReleaseAsync("wrong");
        var url = await server.BeginAsync("wrong@1", new { name = "a.bin", size = 100, sha256 = Convert.ToHexString(SHA256.HashData(content)) });

        var wrongHash = await server.SendAsync("PUT", url, RandomNumberGenerator.GetBytes(100));
        Assert.Equal(400, wrongHash.Status);
        Assert.Contains("SHA-256", wrongHash.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(400, (await server.SendAsync("PUT", url, content[..99])).Status);
        Assert.Equal(400, (await server.SendAsync("PUT", url, content.Append((byte)1).ToArray())).Status);
        Assert.Empty((await server.Grains.GetGrain<IReleaseGrain>("wrong@1").GetManifestAsync())!.Artifacts);
        Assert.Equal(201, (await server.SendAsync("PUT", url, content)).Status);
        Assert.Single((await server.Grains.GetGrain<IReleaseGrain>("wrong@1").GetManifestAsync())!.Artifacts);
    }

    [Fact]
    public async Task A_signature_by_a_key_that_nobody_registered_lets_nothing_in()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var content = RandomNumberGenerator.GetBytes(100);
        var value = Convert.ToBase64String(key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        await NewReleaseAsync("unknown");
        var url = await server.BeginAsync("unknown@1", new { name = "a.bin", signature = new { value } });

        Assert.Equal(400, (await server.SendAsync("PUT", url, content)).Status);
        Assert.Equal(201, (await server.SendAsync("PUT", "/api/v1/signing-keys/late", new { pem = key.ExportSubjectPublicKeyInfoPem() })).Status);
        var taken = await server.SendAsync("PUT", url, content);
        Assert.Equal((201, "late"), (taken.Status, taken.Json.GetProperty("signedBy").GetString()));
    }

    [Fact]
    public async Task Three_gigabytes_are_refused_before_the_bytes_come()
    {
        await NewReleaseAsync("large");
        var url = new Uri(ReleaseServer.Local(await server.BeginAsync("large@1", new { name = "a.bin" })));
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, Cancel);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {url.PathAndQuery} HTTP/1.1\r\nHost: x\r\nContent-Length: {3L * 1024 * MiB}\r\n\r\n"), Cancel);
        using var reader = new StreamReader(stream);

        Assert.StartsWith("HTTP/1.1 413", await reader.ReadLineAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(413, (await server.SendAsync("POST", "/api/v1/releases/large@1/artifacts", new { name = "b.bin", size = 3L * 1024 * MiB })).Status);
    }

    [Fact]
    public async Task What_was_not_said_to_be_too_large_is_refused_at_the_limit()
    {
        await server.DisposeAsync();
        server = await ReleaseServer.StartAsync(folder, ("Releases:MaxArtifactBytes", "1048576"));
        await NewReleaseAsync("limit");
        var url = await server.BeginAsync("limit@1", new { name = "a.bin" });
        using var request = new HttpRequestMessage(HttpMethod.Put, ReleaseServer.Local(url)) { Content = new StreamContent(new MemoryStream(new byte[MiB + 1])) };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await server.Http.SendAsync(request, Cancel);

        Assert.Equal(413, (int)answer.StatusCode);
        Assert.Equal(201, (await server.SendAsync("PUT", url, new byte[MiB])).Status);
    }

    [Fact]
    public async Task A_link_that_is_not_ours_opens_nothing()
    {
        await NewReleaseAsync("forged");
        var url = await server.BeginAsync("forged@1", new { name = "a.bin" });
        var forged = await server.SendAsync("PUT", url[..^1] + (url[^1] == 'A' ? 'B' : 'A'), new byte[10]);

        Assert.Equal(403, forged.Status);
        Assert.Equal(0, Offset((await server.SendAsync("HEAD", url)).Headers));
    }

    /// <summary>As another silo would over the same store, with sessions of its own.</summary>
    private async Task BeginAnewElsewhereAsync(string link, byte[] head)
    {
        server.Services.GetRequiredService<ArtifactLinks>().VerifyUpload(new Uri(link).Segments[^1], out var uploadId);
        using var sessions = new UploadSessions(Options.Create(new ReleaseOptions()));
        using var turn = sessions.Enter(uploadId, out _)!;
        await server.Grains.GetGrain<IArtifactUploadGrain>(uploadId).RestartAsync();
        var http = new DefaultHttpContext();
        http.Request.Body = new MemoryStream(head);
        var (received, why) = await server.Services.GetRequiredService<UploadReceiver>().ReceiveAsync(turn, http.Request, 0, Cancel);

        Assert.Null(why);
        Assert.Equal(head.Length, received);
    }

    private async Task NewReleaseAsync(string name) => Assert.Equal(
        201, (await server.SendAsync("POST", "/api/v1/releases", new { name, version = "1", compatibility = new { models = new[] { "P7" } } })).Status);

    private static long Offset(System.Net.Http.Headers.HttpResponseHeaders headers) =>
        long.Parse(headers.GetValues("Upload-Offset").Single(), System.Globalization.CultureInfo.InvariantCulture);

    private string Moved(string url) => url.Replace($":{new Uri(url).Port}/", $":{server.Port}/", StringComparison.Ordinal);

    private async Task RestartAsync()
    {
        await server.DisposeAsync();
        server = await ReleaseServer.StartAsync(folder);
    }

    /// <summary>Says that all of it comes, and sends 4 MiB and a little: then the line is cut.</summary>
    private async Task CutOffAsync(string link, byte[] rest, int offset, int total)
    {
        var url = new Uri(ReleaseServer.Local(link));
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(url.Host, url.Port, Cancel);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT {url.PathAndQuery} HTTP/1.1\r\nHost: x\r\nContent-Length: {rest.Length}\r\nContent-Range: bytes {offset}-{total - 1}/{total}\r\n\r\n"), Cancel);
            await stream.WriteAsync(rest.AsMemory(0, 4 * MiB + 5), Cancel);
            while (Offset((await server.SendAsync("HEAD", link)).Headers) < offset + 4 * MiB)
            {
                Cancel.ThrowIfCancellationRequested();
            }
        }

        // Until the server has seen it, the upload is taken.
        while ((await server.SendAsync("PUT", link, contentRange: $"bytes */{total}")).Status == 409)
        {
            Cancel.ThrowIfCancellationRequested();
        }
    }
}
