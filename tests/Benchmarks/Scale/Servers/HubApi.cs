using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Scale.Load;

namespace Muster.Benchmarks.Scale.Servers;

/// <summary>The service API of silos, called with the owner's policy.</summary>
internal sealed class HubApi : IDisposable
{
    private const int Bulk = 100;
    private const string Version = "?api-version=2021-04-12";
    private readonly HttpClient http;

    private HubApi(HttpClient http) => this.http = http;

    internal static HubApi Open(string connectionFile)
    {
        using var info = JsonDocument.Parse(File.ReadAllText(connectionFile));
        var owner = info.RootElement.GetProperty("serviceConnectionString").GetString()!
            .Split(';').Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        var http = new HttpClient(new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        })
        { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Add("Authorization", Token(owner));
        return new HubApi(http);
    }

    /// <summary>The status of the answer.</summary>
    internal async Task<HttpStatusCode> GetTwinAsync(string silo, string device)
    {
        using var answer = await http.GetAsync(new Uri($"https://{silo}:{SiloNode.HttpsPort}/twins/{device}{Version}"));
        return answer.StatusCode;
    }

    internal async Task<HttpStatusCode> PatchTwinAsync(string silo, string device, long value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri($"https://{silo}:{SiloNode.HttpsPort}/twins/{device}{Version}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent($"{{\"properties\":{{\"desired\":{{\"counter\":{value}}}}}}}", new MediaTypeHeaderValue("application/json")),
        };
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>Registers devices with the benchmark's key, <c>{prefix}00000</c> and on.</summary>
    internal Task RegisterAsync(string host, int port, string prefix, int count) => ClosedLoop.EachAsync((count + Bulk - 1) / Bulk, 4, async page =>
    {
        var key = Convert.ToBase64String(RawPackets.DeviceKey);
        var items = Enumerable.Range(page * Bulk, Math.Min(Bulk, count - page * Bulk)).Select(i =>
            $$"""{"id":"{{prefix}}{{i:D5}}","importMode":"create","authentication":{"type":"sas","symmetricKey":{"primaryKey":"{{key}}","secondaryKey":"{{key}}"} } }""");
        using var body = new StringContent($"[{string.Join(',', items)}]", new MediaTypeHeaderValue("application/json"));
        using var answer = await http.PostAsync(new Uri($"https://{host}:{port}/devices{Version}"), body);
        if (!answer.IsSuccessStatusCode) { throw new InvalidOperationException(await answer.Content.ReadAsStringAsync()); }
    });

    public void Dispose() => http.Dispose();

    private static string Token(Dictionary<string, string> owner)
    {
        var (resource, expiry) = (Uri.EscapeDataString(owner["HostName"]), TimeProvider.System.GetUtcNow().AddHours(2).ToUnixTimeSeconds());
        var signature = Convert.ToBase64String(HMACSHA256.HashData(
            Convert.FromBase64String(owner["SharedAccessKey"]), Encoding.UTF8.GetBytes($"{resource}\n{expiry}")));
        return $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(signature)}&se={expiry}&skn={owner["SharedAccessKeyName"]}";
    }
}
