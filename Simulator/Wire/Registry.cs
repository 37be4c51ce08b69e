using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Muster.Simulation;

/// <summary>The hub's service REST, as far as a fleet needs it to register itself.</summary>
internal sealed class Registry : IDisposable
{
    /// <summary>IoT Hub's bound of one bulk request.</summary>
    internal const int MaxBulk = 100;

    private const string ApiVersion = "api-version=2021-04-12";
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);
    private readonly HubAddress hub;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private SignedToken? token;

    internal Registry(HubAddress hub, TimeProvider clock)
    {
        (this.hub, this.clock) = (hub, clock);
        http = new HttpClient(HubHttp.Handler(hub)) { BaseAddress = new UriBuilder("https", hub.HostName, hub.HttpsPort).Uri, Timeout = TimeSpan.FromSeconds(30) };
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

    /// <summary>Registers devices with keys that the caller chose, or gives those that are registered these keys.</summary>
    /// <param name="devices">At most <see cref="MaxBulk"/> ids with their keys (base64).</param>
    /// <exception cref="HttpRequestException">The hub refused one of them, or cannot be reached.</exception>
    internal async Task RegisterAsync(IReadOnlyCollection<(string Id, string Key)> devices, CancellationToken cancellationToken)
    {
        var items = devices.Select(device => new
        {
            id = device.Id,
            importMode = "createOrUpdate",
            status = "enabled",
            authentication = new { type = "sas", symmetricKey = new { primaryKey = device.Key, secondaryKey = device.Key } },
        });
        using var made = await SendAsync(HttpMethod.Post, $"/devices?{ApiVersion}", items, cancellationToken);
        var answer = await made.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        if (!made.IsSuccessStatusCode || !answer.GetProperty("isSuccessful").GetBoolean())
        {
            throw new HttpRequestException($"The devices were not registered: {answer}");
        }
    }

    /// <summary>Calls a direct method; the HTTP status, and the body as it came.</summary>
    internal async Task<(int Status, JsonElement Body)> InvokeAsync(string deviceId, string method, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            HttpMethod.Post, $"/twins/{deviceId}/methods?{ApiVersion}", new { methodName = method, responseTimeoutInSeconds = 30 }, cancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken));
    }

    /// <summary>The public key with which the hub signs manifests, in PEM.</summary>
    /// <exception cref="HttpRequestException">The hub refused, or cannot be reached.</exception>
    internal async Task<string> ManifestKeyAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/api/v1/releases/manifest-key", null, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Authorization", Token());
        return await http.SendAsync(request, cancellationToken);
    }

    private string Token()
    {
        var now = clock.GetUtcNow();
        if (Volatile.Read(ref token) is { } made && made.UsableUntil > now)
        {
            return made.Text;
        }

        var fresh = new SignedToken(SasToken.Create(hub.HostName, hub.PolicyKey, now + TokenLifetime, hub.Policy), now + (TokenLifetime / 2));
        Volatile.Write(ref token, fresh);
        return fresh.Text;
    }

    private static async Task<string> PrimaryKeyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var identity = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return identity.GetProperty("authentication").GetProperty("symmetricKey").GetProperty("primaryKey").GetString()
            ?? throw new HttpRequestException("The device has no key.");
    }

    private sealed record SignedToken(string Text, DateTimeOffset UsableUntil);
}
