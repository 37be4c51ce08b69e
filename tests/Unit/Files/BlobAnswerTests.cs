using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Muster.Files;

public sealed class BlobAnswerTests
{
    [Fact]
    public async Task A_type_that_no_header_can_say_is_not_said()
    {
        var http = await AnswerAsync(new Reader("text/plaün", fault: null));
        Assert.Equal((200, "application/octet-stream", 1L), (http.Response.StatusCode, http.Response.ContentType, http.Response.ContentLength));
        Assert.Equal("text/html; charset=utf-8", (await AnswerAsync(new Reader("text/html; charset=utf-8", fault: null))).Response.ContentType);
    }

    [Fact]
    public async Task A_blob_that_cannot_be_read_now_is_asked_for_later()
    {
        var http = await AnswerAsync(new Reader("text/plain", new IOException("It was replaced long ago.")));
        Assert.Equal((503, "ServerBusy"), (http.Response.StatusCode, http.Response.Headers["x-ms-error-code"].ToString()));
        Assert.Null(http.Response.ContentLength);
        Assert.Empty(http.Response.Headers.ETag.ToString());
    }

    [Theory]
    [InlineData("a b/c;d=\"e\"~", true)]
    [InlineData("ü", false)]
    [InlineData("a\tb", false)]
    [InlineData("a\u007f", false)]
    public void Headers_say_printable_ASCII(string text, bool expected) => Assert.Equal(expected, BlobAnswer.CanBeSaid(text));

    private static async Task<HttpContext> AnswerAsync(Reader reader)
    {
        var http = new DefaultHttpContext { Request = { Method = "GET" }, Response = { Body = new MemoryStream() } };
        await new BlobAnswer(reader, NullLogger.Instance).ExecuteAsync(http);
        return http;
    }

    private sealed class Reader(string contentType, Exception? fault) : IBlobReader
    {
        public BlobProperties Properties => new(1, "0x1", DateTimeOffset.UnixEpoch, contentType);

        public Task CopyToAsync(Stream destination, long offset, long length, CancellationToken cancellationToken) =>
            fault is null ? destination.WriteAsync(new byte[1], cancellationToken).AsTask() : Task.FromException(fault);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
