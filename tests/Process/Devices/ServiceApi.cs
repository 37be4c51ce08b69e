using System.Net.Http.Json;
using System.Text.Json;
using Muster.Hosting;

namespace Muster.Devices;

/// <summary>The service REST API as iothubowner.</summary>
internal sealed class ServiceApi : IDisposable
{
    private const string Version = "api-version=2021-04-12";
    private readonly HttpClient http;

    internal ServiceApi(HubConnection hub)
    {
        http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trust.Check(hub, certificate, errors) },
        })
        {
            BaseAddress = new Uri($"https://{hub.HostName}:{hub.HttpsPort}"),
            Timeout = TimeSpan.FromSeconds(30),
        };
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", SasToken.Create(hub.HostName, hub.OwnerKey, "iothubowner"));
    }

    /// <summary>Registers the device and returns its primary key.</summary>
    internal async Task<string> CreateAsync(string deviceId)
    {
        using var reply = await http.PutAsJsonAsync($"/devices/{deviceId}?{Version}", new { deviceId }, TestContext.Current.CancellationToken);
        var identity = await JsonOf(reply);
        return identity.GetProperty("authentication").GetProperty("symmetricKey").GetProperty("primaryKey").GetString()!;
    }

    /// <summary>Patches desired properties; returns once the hub has acknowledged, with the twin as it then stands.</summary>
    internal async Task<JsonElement> PatchDesiredAsync(string deviceId, object desired)
    {
        using var reply = await http.PatchAsJsonAsync(
            $"/twins/{deviceId}?{Version}", new { properties = new { desired } }, TestContext.Current.CancellationToken);
        return await JsonOf(reply);
    }

    internal async Task<JsonElement> GetTwinAsync(string deviceId)
    {
        using var reply = await http.GetAsync($"/twins/{deviceId}?{Version}", TestContext.Current.CancellationToken);
        return await JsonOf(reply);
    }

    /// <summary>Invokes a method without payload.</summary>
    internal async Task<JsonElement> InvokeAsync(string deviceId, string methodName)
    {
        using var reply = await http.PostAsJsonAsync(
            $"/twins/{deviceId}/methods?{Version}", new { methodName, responseTimeoutInSeconds = 10 }, TestContext.Current.CancellationToken);
        return await JsonOf(reply);
    }

    /// <summary>Queues a message for the device; false if its queue is full.</summary>
    internal async Task<bool> SendMessageAsync(string deviceId, string body)
    {
        using var reply = await http.PostAsJsonAsync($"/api/v1/devices/{deviceId}/messages", new { body }, TestContext.Current.CancellationToken);
        if (reply.StatusCode == System.Net.HttpStatusCode.Forbidden)
        {
            return false;
        }

        await JsonOf(reply);
        return true;
    }

    /// <summary>All events in the log, partition by partition.</summary>
    internal async Task<List<JsonElement>> ReadEventsAsync()
    {
        List<JsonElement> all = [];
        for (var partition = 0; partition < 32; partition++)
        {
            for (var from = 0L; await ReadPageAsync(partition, from) is { Count: > 0 } page; from = page[^1].GetProperty("offset").GetInt64() + 1)
            {
                all.AddRange(page);
            }
        }

        return all;
    }

    public void Dispose() => http.Dispose();

    private async Task<List<JsonElement>> ReadPageAsync(int partition, long from)
    {
        var text = await http.GetStringAsync($"/api/v1/events?partition={partition}&from={from}&max=1000", TestContext.Current.CancellationToken);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    private static async Task<JsonElement> JsonOf(HttpResponseMessage reply)
    {
        var text = await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return reply.IsSuccessStatusCode
            ? JsonElement.Parse(text)
            : throw new HttpRequestException($"{reply.RequestMessage?.Method} {reply.RequestMessage?.RequestUri} answered {(int)reply.StatusCode}: {text}");
    }
}
