using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Muster.Errors;

namespace Muster.Upstream;

/// <summary>
/// Makes REST calls within the budget. A call that was put off (429) is made again until its time is over, one that the hub could not serve
/// (503 with Retry-After) only if it may be repeated.
/// </summary>
internal sealed class RestClient(
    HubConnectionString hub, IOptions<UpstreamOptions> options, HttpMessageHandler handler, SasSigner signer, UpstreamBudget budget,
    UpstreamInstruments instruments, TimeProvider clock) : IDisposable
{
    /// <summary>The longest body that is read: a page of twins.</summary>
    internal const int MaxBodyBytes = 4 * 1024 * 1024;

    private const string Version = "?api-version=2021-04-12";
    private const string ContinuationHeader = "x-ms-continuation";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private readonly HttpClient client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string root = FormattableString.Invariant($"https://{hub.HostName}:{options.Value.HttpsPort}");

    /// <returns>Whatever the hub answered; 429 also where too many calls of this silo wait.</returns>
    /// <exception cref="UpstreamFaultException">There is no answer, or not in time.</exception>
    public async Task<RestAnswer> SendAsync(RestCall call, CancellationToken cancellationToken)
    {
        var time = options.Value.RequestTimeout + call.Extra;
        var deadline = clock.GetUtcNow() + time;
        using var limit = new CancellationTokenSource(time, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        RestAnswer? putOff = null;
        try
        {
            while (true)
            {
                // Who would wait for longer than there is time is told at once.
                if (budget.PausedUntil >= deadline || !await budget.EnterAsync(both.Token))
                {
                    instruments.Called(call.Kind, "crowded");
                    return putOff ?? Crowded();
                }

                var answer = await OnceAsync(call, both.Token);
                if (!answer.IsPause || !(answer.IsThrottled || call.IsRepeatable))
                {
                    return answer;
                }

                putOff = answer;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            instruments.Called(call.Kind, "timeout");
            return putOff ?? throw new UpstreamFaultException($"The upstream hub {hub.HostName} gave no answer in time.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            instruments.Called(call.Kind, "fault");
            throw new UpstreamFaultException($"The upstream hub {hub.HostName} could not be called: {WireErrors.Reason(e)}");
        }
    }

    public void Dispose() => client.Dispose();

    private RestAnswer Crowded()
    {
        var pause = budget.PausedUntil - clock.GetUtcNow();
        return new RestAnswer(429, default, nameof(HubErrorCode.ThrottlingException), null, pause > Soon ? pause : Soon);
    }

    private async Task<RestAnswer> OnceAsync(RestCall call, CancellationToken cancellationToken)
    {
        using var request = Request(call);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var answer = new RestAnswer((int)response.StatusCode, await ReadAsync(response, cancellationToken), Header(response, "iothub-errorcode"),
            Header(response, ContinuationHeader), RetryAfter(response.Headers.RetryAfter));
        Count(call, answer);
        return answer;
    }

    private void Count(RestCall call, RestAnswer answer)
    {
        instruments.Called(call.Kind, answer.IsSuccess ? "ok" : answer.IsThrottled ? "throttled" : answer.Status >= 500 ? "fault" : "refused");
        if (answer.IsPause)
        {
            instruments.Throttled();
            budget.Pause(answer.RetryAfter);
        }
        else if (answer.Status < 500)
        {
            budget.Succeeded();
        }
    }

    private HttpRequestMessage Request(RestCall call)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(root + call.Path + Version));
        request.Headers.TryAddWithoutValidation("Authorization", signer.Current(hub.HostName));
        if (call.IfMatch is { } etag)
        {
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{etag}\"");
        }

        if (call.Kind == RestKinds.Query)
        {
            request.Headers.TryAddWithoutValidation("x-ms-max-item-count", "100");
        }

        if (call.Continuation is { } from)
        {
            request.Headers.TryAddWithoutValidation(ContinuationHeader, from);
        }

        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        }

        return request;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > MaxBodyBytes)
        {
            throw new IOException($"the answer is longer than {MaxBodyBytes} bytes");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var piece = new byte[16 * 1024];
        while (await stream.ReadAsync(piece, cancellationToken) is > 0 and var read)
        {
            body.Write(piece, 0, read);
            if (body.Length > MaxBodyBytes)
            {
                throw new IOException($"the answer is longer than {MaxBodyBytes} bytes");
            }
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) && values.FirstOrDefault() is { Length: > 0 } value ? value : null;

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - clock.GetUtcNow();
        return wait is null ? null : wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
