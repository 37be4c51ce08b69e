using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Muster.Routing;

/// <summary>Posts events to a URL, many in one request. Redirects are not followed, proxies and cookies not used.</summary>
internal sealed class WebhookSink : IEndpointSink
{
    /// <summary>Bytes of a request, about; an event that is larger goes alone.</summary>
    private const int MaxBytes = 1 << 20;

    private readonly string name;
    private readonly EndpointSpec.Webhook spec;
    private readonly byte[] secret;
    private readonly Uri url;
    private readonly TimeSpan timeout;
    private readonly TimeProvider clock;
    private readonly HttpClient client;
    private readonly X509Certificate2Collection authorities = [];

    internal WebhookSink(string name, EndpointSpec.Webhook spec, string secret, RoutingOptions options, TimeProvider clock)
    {
        (this.name, this.spec, this.clock) = (name, spec, clock);
        this.secret = Encoding.UTF8.GetBytes(secret);
        url = new Uri(spec.Url);
        timeout = options.DeliveryTimeout;
        if (spec.CaCertificate is { } pem)
        {
            authorities.ImportFromPem(pem);
        }

        client = new HttpClient(Handler(options.AllowPrivateAddresses)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public int Fit(ReadOnlySpan<RoutedEvent> events)
    {
        var bytes = 0L;
        var count = 0;
        while (count < Math.Min(events.Length, spec.MaxBatch) && (count == 0 || bytes + EventJson.Size(events[count].Event) <= MaxBytes))
        {
            bytes += EventJson.Size(events[count].Event);
            count++;
        }

        return count;
    }

    public async Task<SinkReply> DeliverAsync(ReadOnlyMemory<RoutedEvent> events, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(timeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var request = Request(events);

            // The answer's body is nobody's business: it is not read.
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            return WebhookAnswers.Judge(response.StatusCode, events.Length);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new SinkReply(0, new SinkFault($"There was no answer within {timeout.TotalSeconds:0.#} s."));
        }
        catch (HttpRequestException fault)
        {
            return new SinkReply(0, new SinkFault((fault.InnerException is HttpRequestException inner ? inner : fault).Message));
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return new SinkReply(0, new SinkFault(fault.Message));
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        foreach (var authority in authorities)
        {
            authority.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private HttpRequestMessage Request(ReadOnlyMemory<RoutedEvent> events)
    {
        var body = EventJson.Write(events.Span);
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Of(body.Span, secret, clock.GetUtcNow()));
        request.Headers.TryAddWithoutValidation("Muster-Endpoint", name);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Muster", "1"));
        return request;
    }

    private SocketsHttpHandler Handler(bool allowPrivate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = new PublicConnector(allowPrivate).ConnectAsync,
            ConnectTimeout = timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 32,
        };
        if (authorities.Count > 0)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }
}

/// <summary>What a webhook's answer means.</summary>
internal static class WebhookAnswers
{
    /// <summary>
    /// 2xx: taken. 4xx: not these events, but for those that speak of the endpoint or of the time (401, 403, 404, 405, 408, 429). All else, redirects too:
    /// perhaps later.
    /// </summary>
    internal static SinkReply Judge(HttpStatusCode status, int events) => (int)status switch
    {
        >= 200 and < 300 => new SinkReply(events, null),
        401 or 403 or 404 or 405 or 408 or 429 => new SinkReply(0, new SinkFault(Answered(status))),
        >= 400 and < 500 => new SinkReply(0, new SinkFault(Answered(status), Refused: events)),
        >= 300 and < 400 => new SinkReply(0, new SinkFault($"{Answered(status)} Redirects are not followed.")),
        _ => new SinkReply(0, new SinkFault(Answered(status))),
    };

    private static string Answered(HttpStatusCode status) => $"It answered {(int)status}.";
}
