using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Muster.Fixture;
using Xunit;

namespace Muster.Routing;

/// <summary>A webhook as somebody else might write it: checks signatures, keeps what it took, and answers as the test says.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    internal const string Secret = "the secret of the tests";

    private readonly ConcurrentQueue<(string Id, string Message)> taken = [];
    private readonly WebApplication app;
    private int requests;
    private int forged;

    private WebhookServer(WebApplication app) => this.app = app;

    internal string Url => app.Urls.First() + "/in";

    /// <summary>The status of the answer, once it is given; 200 by default.</summary>
    internal Func<HttpContext, Task<int>> Answering { get; set; } = static _ => Task.FromResult(200);

    internal int Requests => Volatile.Read(ref requests);

    internal int Forged => Volatile.Read(ref forged);

    /// <summary>What came with a request that was answered 2xx, each as often as it came.</summary>
    internal string[] Taken => [.. taken.Select(static entry => entry.Message)];

    /// <summary>The same without repetitions, by the ids of the events.</summary>
    internal string[] Distinct => [.. taken.DistinctBy(static entry => entry.Id).Select(static entry => entry.Message)];

    internal static async Task<WebhookServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.17:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new WebhookServer(app);
        app.MapPost("/in", server.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    internal Task ReceivesAsync(int requestsAtLeast) =>
        Eventually.HoldsAsync($"the webhook gets {requestsAtLeast} requests", () => Requests >= requestsAtLeast);

    internal Task TakesAsync(IEnumerable<string> messages) => Eventually.HoldsAsync(
        "the webhook takes all that was said", () => !messages.Except(Taken, StringComparer.Ordinal).Any());

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref requests);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (!IsSigned(context.Request.Headers["Muster-Signature"].ToString(), body.ToArray()))
        {
            Interlocked.Increment(ref forged);
        }

        context.Response.StatusCode = await Answering(context);
        if (context.Response.StatusCode is >= 200 and < 300)
        {
            foreach (var item in JsonElement.Parse(body.ToArray()).EnumerateArray())
            {
                var said = item.GetProperty("body");
                taken.Enqueue((
                    item.GetProperty("id").GetString()!, $"{item.GetProperty("deviceId").GetString()}/{said.GetProperty("run").GetString()}/{said.GetProperty("n").GetInt32()}"));
            }
        }
    }

    private static bool IsSigned(string header, byte[] body)
    {
        var parts = header.Split(',');
        if (parts is not [['t', '=', .. var time], ['v', '1', '=', .. var given]])
        {
            return false;
        }

        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(time, CultureInfo.InvariantCulture));
        byte[] signed = [.. Encoding.ASCII.GetBytes(time + "."), .. body];
        return age.Duration() < TimeSpan.FromMinutes(5) && given == Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed));
    }
}
