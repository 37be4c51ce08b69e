using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>
/// A rollout's progress as server-sent events (WHATWG HTML, "Server-sent events"): the summary whenever it has changed, until the rollout is final. An event's
/// id is the hash of what it says, so that one who comes back, to whichever gateway, is told only what is new.
/// </summary>
internal sealed class RolloutEvents(RolloutView first) : IResult
{
    internal const string ContentType = "text/event-stream";

    internal static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var seen = httpContext.Request.Headers["Last-Event-ID"].ToString();
        if (first.Status.IsFinal() && Snapshot.Of(first).Id == seen)
        {
            // What tells a browser's EventSource not to come back.
            httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        using var stream = httpContext.RequestServices.GetRequiredService<RolloutStreams>().Open(first.Id);
        if (stream is null)
        {
            HubError.AskToWait(httpContext.Response, RolloutStreams.TooMany);
            await ApiProblems.From(RolloutStreams.TooMany).ExecuteAsync(httpContext);
            return;
        }

        Begin(httpContext);
        var stopping = httpContext.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        try
        {
            await WriteAsync(httpContext.Response, httpContext.RequestServices.GetRequiredService<TimeProvider>(), (stream, seen), ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The reader went, or the host is to stop; whoever wants more comes back.
        }
    }

    private static void Begin(HttpContext http)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private async Task WriteAsync(HttpResponse response, TimeProvider time, (RolloutStream Source, string Seen) from, CancellationToken cancellationToken)
    {
        var (view, seen, written) = (first, from.Seen, time.GetTimestamp());
        await SayAsync(response, "retry: 2000\n\n"u8.ToArray(), cancellationToken);
        while (true)
        {
            var snapshot = Snapshot.Of(view);
            if (snapshot.Id != seen)
            {
                await SayAsync(response, snapshot.ToEvent(), cancellationToken);
                (seen, written) = (snapshot.Id, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(written) >= Heartbeat)
            {
                await SayAsync(response, ":\n\n"u8.ToArray(), cancellationToken);
                written = time.GetTimestamp();
            }

            if (view.Status.IsFinal())
            {
                return;
            }

            await Task.Delay(RolloutStreams.Interval, time, cancellationToken);
            if (await NextAsync(from.Source, view) is not { } next)
            {
                return;
            }

            view = next;
        }
    }

    /// <summary>Null if it is gone. While the cluster cannot answer, it stands as it stood.</summary>
    private static async Task<RolloutView?> NextAsync(RolloutStream source, RolloutView view)
    {
        try
        {
            return (await source.ReadAsync() as RolloutReply.Found)?.Rollout;
        }
        catch (Exception fault) when (Faults.Describe(fault).Code != Errors.HubErrorCode.ServerError)
        {
            return view;
        }
    }

    private static async Task SayAsync(HttpResponse response, ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    private readonly record struct Snapshot(string Id, byte[] Json)
    {
        internal static Snapshot Of(RolloutView view)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(RolloutResponse.Summary(view), RolloutJson.Default.RolloutResponse);
            return new(Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 8)), json);
        }

        internal ReadOnlyMemory<byte> ToEvent()
        {
            var text = new ArrayBufferWriter<byte>(Json.Length + 64);
            text.Write(Encoding.UTF8.GetBytes($"event: progress\nid: {Id}\ndata: "));
            text.Write(Json);
            text.Write("\n\n"u8);
            return text.WrittenMemory;
        }
    }
}
