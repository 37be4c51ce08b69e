using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Muster.Survival.Rollouts;

/// <summary>What the fleet runs and what it gets, published over the API as an author does it.</summary>
internal static class FirmwareReleases
{
    internal const string After = "pump-fw@2.0.0";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal static async Task PublishAsync(IMortal hub, CancellationToken stop)
    {
        using var api = new HubApi(hub.Hub, Patience);
        foreach (var version in new[] { FirmwareDevice.Before, "2.0.0" })
        {
            await PublishAsync(api, hub.Hub, version, stop);
        }
    }

    private static async Task PublishAsync(HubApi api, HubTarget hub, string version, CancellationToken stop)
    {
        var id = $"pump-fw%40{version}";
        _ = Must(await api.PostAsync("/api/v1/releases", new { name = "pump-fw", version, compatibility = new { models = new[] { "fuel-pump" }, allowDowngrade = true } }, stop));
        var image = Encoding.UTF8.GetBytes($"pump firmware {version}\n");
        var upload = Must(await api.PostAsync($"/api/v1/releases/{id}/artifacts", new { name = "pump.swu", size = image.Length }, stop));
        await PutAsync(hub, upload.GetProperty("uploadUrl").GetString()!, image, stop);
        _ = Must(await api.PostAsync($"/api/v1/releases/{id}/publish", new { }, stop));
    }

    private static async Task PutAsync(HubTarget hub, string url, byte[] image, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = hub.Trust() } });
        using var content = new ByteArrayContent(image);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var answer = await http.PutAsync(new Uri(url), content, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The upload was answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(stop)}");
        }
    }

    private static JsonElement Must(ApiAnswer answer) => answer.IsOk ? (answer.Text.Length > 0 ? answer.Json : default) : throw new InvalidOperationException($"The API answered {answer}");
}
