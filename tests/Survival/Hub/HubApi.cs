using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Muster.Devices;

namespace Muster.Survival;

/// <param name="Status">0 if nothing was answered: whether it was done is unknown.</param>
internal sealed record ApiAnswer(int Status, string Text, string? Continuation = null)
{
    internal bool IsOk => Status is >= 200 and < 300;

    /// <summary>Come back later: it may have been done.</summary>
    internal bool IsUnknown => Status is 0 or 429 or >= 500;

    internal JsonElement Json => JsonElement.Parse(Text);

    public override string ToString() => $"{(Status == 0 ? "no answer" : Status)}: {(Text.Length > 300 ? Text[..300] : Text)}";
}

/// <summary>The service REST API as iothubowner, through the balancer or of one silo.</summary>
internal sealed class HubApi : IDisposable
{
    internal const string Version = "api-version=2021-04-12";
    private readonly HttpClient http;

    /// <param name="silo">The silo that is to answer; null for whomever the balancer picks.</param>
    /// <param name="patience">After that long nothing was answered.</param>
    internal HubApi(HubTarget hub, TimeSpan patience, IPEndPoint? silo = null)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = hub.Trust() },
            // Names come and go behind a balancer: what stays open for ever stays with one silo for ever.
            PooledConnectionLifetime = TimeSpan.FromSeconds(20),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxConnectionsPerServer = 64,
        };
        var target = silo ?? new IPEndPoint(hub.Address, hub.HttpsPort);
        handler.ConnectCallback = (_, cancellationToken) => DialAsync(target, cancellationToken);
        http = new HttpClient(handler) { BaseAddress = new Uri($"https://{hub.HostName}:{hub.HttpsPort}"), Timeout = patience };
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", SasToken.Create(hub.HostName, hub.OwnerKey, "iothubowner"));
    }

    internal Task<ApiAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    internal Task<ApiAnswer> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, cancellationToken);

    internal Task<ApiAnswer> GetTwinAsync(string deviceId, CancellationToken cancellationToken) =>
        GetAsync($"/twins/{deviceId}?{Version}", cancellationToken);

    internal Task<ApiAnswer> PatchDesiredAsync(string deviceId, object desired, CancellationToken cancellationToken) =>
        PatchTwinAsync(deviceId, new { properties = new { desired } }, cancellationToken);

    internal Task<ApiAnswer> PatchTwinAsync(string deviceId, object twin, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Patch, $"/twins/{deviceId}?{Version}") { Content = JsonContent.Create(twin) }, cancellationToken);

    internal Task<ApiAnswer> InvokeAsync(string deviceId, string methodName, object payload, CancellationToken cancellationToken) =>
        PostAsync($"/twins/{deviceId}/methods?{Version}", new { methodName, payload, responseTimeoutInSeconds = 10 }, cancellationToken);

    /// <summary>All that the query finds, page by page; null and why if a page failed.</summary>
    internal async Task<(List<JsonElement>? Twins, string Why)> QueryAllAsync(string query, CancellationToken cancellationToken)
    {
        List<JsonElement> twins = [];
        string? continuation = null;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/devices/query?{Version}") { Content = JsonContent.Create(new { query }) };
            request.Headers.Add("x-ms-max-item-count", "500");
            if (continuation is not null)
            {
                request.Headers.Add("x-ms-continuation", continuation);
            }

            var page = await SendAsync(request, cancellationToken);
            if (!page.IsOk)
            {
                return (null, $"the query was answered {page}");
            }

            twins.AddRange(page.Json.EnumerateArray());
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return (twins, "");
    }

    public void Dispose() => http.Dispose();

    private async Task<ApiAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                using var reply = await http.SendAsync(request, cancellationToken);
                var text = await reply.Content.ReadAsStringAsync(cancellationToken);
                var continuation = reply.Headers.TryGetValues("x-ms-continuation", out var values) ? values.First() : null;
                return new ApiAnswer((int)reply.StatusCode, text, continuation);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return new ApiAnswer(0, $"{fault.GetType().Name}: {fault.Message}");
            }
        }
    }

    private static async ValueTask<Stream> DialAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
