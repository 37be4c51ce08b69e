using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Muster.Devices;
using Muster.Hosting;

namespace Muster.Rollouts;

/// <summary>A running hub's API by its own description: sends the examples that stand there, and knows which it has not sent yet.</summary>
internal sealed class DescribedApi : IDisposable
{
    private readonly Dictionary<string, string> examples = new(StringComparer.Ordinal);
    private readonly HashSet<string> unsent = new(StringComparer.Ordinal);
    private readonly HttpClient http;
    private readonly string owner;

    private DescribedApi(HttpClient http, string owner) => (this.http, this.owner) = (http, owner);

    /// <summary>Operations, such as <c>POST /api/v1/rollouts</c>, whose example was not sent.</summary>
    internal IReadOnlyCollection<string> Unsent => unsent;

    internal static async Task<DescribedApi> ReadAsync(HubConnection hub)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, errors) => Trust.Check(hub, certificate, errors) },
        })
        {
            BaseAddress = new Uri($"https://{hub.HostName}:{hub.HttpsPort}"),
            Timeout = TimeSpan.FromSeconds(60),
        };
        var api = new DescribedApi(http, SasToken.Create(hub.HostName, hub.OwnerKey, "iothubowner"));
        var document = JsonElement.Parse(await http.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken));
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                if (operation.Value.TryGetProperty("requestBody", out var body)
                    && body.GetProperty("content").GetProperty("application/json").TryGetProperty("example", out var example))
                {
                    var key = $"{operation.Name.ToUpperInvariant()} {path.Name}";
                    api.examples[key] = example.GetRawText();
                    api.unsent.Add(key);
                }
            }
        }

        return api;
    }

    internal JsonElement Example(string operation) => JsonElement.Parse(examples[operation]);

    /// <summary>Sends an operation's example; it must be taken.</summary>
    /// <param name="operation">As the description has it, such as <c>PUT /api/v1/rollouts/{id}</c>.</param>
    /// <param name="ids">What stands in its path, in order.</param>
    /// <param name="bearer">Who acts; null for the policy iothubowner.</param>
    /// <param name="change">What the example cannot know: text that is to be replaced, and by what.</param>
    /// <param name="query">What stands behind its path, from the question mark on.</param>
    internal Task<JsonElement> SendExampleAsync(
        string operation, string[] ids, string? bearer = null, (string Old, string New)? change = null, string query = "")
    {
        unsent.Remove(operation);
        var body = change is var (old, fresh) ? examples[operation].Replace(old, fresh, StringComparison.Ordinal) : examples[operation];
        return SendAsync(operation + query, ids, bearer, body);
    }

    internal async Task<JsonElement> SendAsync(string operation, string[] ids, string? bearer = null, string? body = null)
    {
        var (method, path) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        foreach (var id in ids)
        {
            var (from, to) = (path.IndexOf('{', StringComparison.Ordinal), path.IndexOf('}', StringComparison.Ordinal));
            path = $"{path[..from]}{Uri.EscapeDataString(id)}{path[(to + 1)..]}";
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Authorization", bearer is null ? owner : $"Bearer {bearer}");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var reply = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(reply.IsSuccessStatusCode, $"{operation} of {string.Join('/', ids)} was answered {(int)reply.StatusCode}: {text}");
        return text.Length > 0 && reply.Content.Headers.ContentType?.MediaType == "application/json" ? JsonElement.Parse(text) : default;
    }

    /// <summary>Puts a file to where the hub said.</summary>
    internal async Task UploadAsync(string url, byte[] file)
    {
        using var reply = await http.PutAsync(url, new ByteArrayContent(file), TestContext.Current.CancellationToken);
        Assert.True(reply.IsSuccessStatusCode, $"The upload was answered {(int)reply.StatusCode}.");
    }

    public void Dispose() => http.Dispose();
}
