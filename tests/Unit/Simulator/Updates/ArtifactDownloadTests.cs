using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Simulation.Updates;

public sealed class ArtifactDownloadTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task A_file_is_hashed_while_it_comes()
    {
        var server = new FileServer();
        var percents = new List<int>();
        Assert.Null(await RunAsync(server, Manifest(), onPercent: percents.Add));
        Assert.Equal(100, percents[^1]);
        Assert.Equal(percents.Order(), percents);
        Assert.Equal(DownloadProblem.Checksum, await RunAsync(server, Manifest(sha256: new byte[32])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_cut_goes_on_where_it_broke_off_or_begins_again_where_the_server_cannot(bool hasRanges)
    {
        var server = new FileServer { HasRanges = hasRanges };
        Assert.Null(await RunAsync(server, Manifest(), cutOnce: true));
        Assert.Equal([null, Content.Length / 2], server.Asked);
    }

    [Fact]
    public async Task A_file_longer_or_shorter_than_it_should_be_is_not_taken()
    {
        Assert.Equal(DownloadProblem.Checksum, await RunAsync(new FileServer(), Manifest(size: Content.Length - 1)));
        Assert.Equal(DownloadProblem.Checksum, await RunAsync(new FileServer(), Manifest(size: Content.Length + 1)));
    }

    [Fact]
    public async Task It_gives_up_when_nothing_comes_and_at_once_when_it_is_refused()
    {
        var down = new FileServer { Status = HttpStatusCode.ServiceUnavailable };
        Assert.Equal(DownloadProblem.Network, await RunAsync(down, Manifest()));
        Assert.Equal(ArtifactDownload.MaxFailures, down.Asked.Count);
        var gone = new FileServer { Status = HttpStatusCode.Forbidden };
        Assert.Equal(DownloadProblem.Network, await RunAsync(gone, Manifest()));
        Assert.Single(gone.Asked);
    }

    private static UpdateManifest Manifest(int? size = null, byte[]? sha256 = null) =>
        new("n", "1", [], [new("f", size ?? Content.Length, [.. sha256 ?? SHA256.HashData(Content)], new("https://hub/f"))]);

    private static async Task<DownloadProblem?> RunAsync(FileServer server, UpdateManifest manifest, bool cutOnce = false, Action<int>? onPercent = null)
    {
        var clock = new FakeTimeProvider();
        using var http = new HttpClient(server, disposeHandler: false);
        var running = new ArtifactDownload(http, clock).RunAsync(manifest, cutOnce, onPercent ?? (_ => { }), TestContext.Current.CancellationToken);
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        return await running;
    }

    private sealed class FileServer : HttpMessageHandler
    {
        internal bool HasRanges { get; init; } = true;

        internal HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        internal List<long?> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var from = request.Headers.Range?.Ranges.Single().From;
            Asked.Add(from);
            var start = HasRanges ? from ?? 0 : 0;
            if (start >= Content.Length)
            {
                return Task.FromResult(new HttpResponseMessage(HttpStatusCode.RequestedRangeNotSatisfiable));
            }

            var response = new HttpResponseMessage(start > 0 ? HttpStatusCode.PartialContent : Status) { Content = new ByteArrayContent(Content[(int)start..]) };
            response.Headers.ETag = new EntityTagHeaderValue("\"1\"");
            response.Content.Headers.ContentRange = start > 0 ? new(start, Content.Length - 1, Content.Length) : null;
            return Task.FromResult(response);
        }
    }
}
