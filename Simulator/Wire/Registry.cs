using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Muster.Simulation;

/// <summary>The hub's service REST, as far as a fleet needs it to register itself.</summary>
internal sealed class Registry : IDisposable
{
    private const string ApiVersion = "api-version=2021-04-12";
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);
    private readonly HubAddress hub;
    private readonly TimeProvider clock;
    private readonly HttpClient http;

    internal Registry(HubAddress hub, TimeProvider clock)
    {
        (this.hub, this.clock) = (hub, clock);
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 8,
            ConnectCallback = ConnectAsync,
            SslOptions = { CertificateChainPolicy = hub.TrustPolicy() },
        };
        http = new HttpClient(handler) { BaseAddress = new UriBuilder("https", hub.HostName, hub.HttpsPort).Uri, Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>The primary key of a pump, which is registered if it was not.</summary>
    /// <exception cref="HttpRequestException">The hub refused, or cannot be reached.</exception>
    internal async Task<string> KeyOfAsync(string deviceId, object tags, CancellationToken cancellationToken)
    {
        var path = $"/devices/{deviceId}?{ApiVersion}";
        using var found = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        if (found.StatusCode == HttpStatusCode.OK)
        {
            return await PrimaryKeyAsync(found, cancellationToken);
        }

        using var made = await SendAsync(HttpMethod.Put, path, new { deviceId }, cancellationToken);
        made.EnsureSuccessStatusCode();
        using var tagged = await SendAsync(HttpMethod.Patch, $"/twins/{deviceId}?{ApiVersion}", new { tags }, cancellationToken);
        tagged.EnsureSuccessStatusCode();
        return await PrimaryKeyAsync(made, cancellationToken);
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        var token = SasToken.Create(hub.HostName, hub.PolicyKey, clock.GetUtcNow() + TokenLifetime, hub.Policy);
        request.Headers.TryAddWithoutValidation("Authorization", token);
        return await http.SendAsync(request, cancellationToken);
    }

    private static async Task<string> PrimaryKeyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var identity = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return identity.GetProperty("authentication").GetProperty("symmetricKey").GetProperty("primaryKey").GetString()
            ?? throw new HttpRequestException("The device has no key.");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(hub.Dial, hub.HttpsPort, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
