using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Muster.Gateway;

/// <summary>The real API over fake grains. Hosts are used again by later tests, each with tokens and grains of its own.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ConcurrentBag<GatewayFixture> Idle = [];
    private readonly WebApplication app;
    private int use;

    private GatewayFixture(WebApplication app, FakeCluster cluster)
    {
        this.app = app;
        Cluster = cluster;
        Client = app.Urls.Count == 0 ? app.GetTestClient() : new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    internal FakeCluster Cluster { get; }

    internal FakeTimeProvider Time { get; private init; } = new();

    internal HttpClient Client { get; }

    internal IServiceProvider Services => app.Services;

    /// <summary>One that no test before had, so that none is in the gateway's cache.</summary>
    internal string Token => $"SharedAccessSignature sr=localhost&sig=good{use}&se=1&skn=iothubowner";

    /// <param name="socket">True where the test is about what only a real server sees: the target as it was sent.</param>
    internal static async Task<GatewayFixture> StartAsync(bool socket = false)
    {
        if (!socket && Idle.TryTake(out var idle))
        {
            return idle;
        }

        var cluster = new FakeCluster();
        var time = new FakeTimeProvider(Start);
        var builder = WebApplication.CreateSlimBuilder();
        if (socket)
        {
            builder.WebHost.UseUrls("http://127.0.0.16:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<IGrainFactory>(cluster);
        builder.Services.AddGatewayApi();
        var app = builder.Build();
        app.MapGatewayApi();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new GatewayFixture(app, cluster) { Time = time };
    }

    internal Task<Answer> GetWhileTimePassesAsync(string path) => SendWhileTimePassesAsync(HttpMethod.Get, path);

    /// <summary>As <see cref="SendAsync"/>, while the gateway's clock runs, for what it tries again.</summary>
    internal async Task<Answer> SendWhileTimePassesAsync(HttpMethod method, string path, string? body = null)
    {
        var answer = SendAsync(method, path, body);
        while (await Task.WhenAny(answer, Task.Delay(1, TestContext.Current.CancellationToken)) != answer)
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
        }

        return await answer;
    }

    /// <summary>Sends with a valid token and api-version, unless the path has a query of its own.</summary>
    internal async Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path.Contains('?', StringComparison.Ordinal) ? path : path + "?api-version=2021-04-12");
        request.Headers.TryAddWithoutValidation("Authorization", Token);
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer(response, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    internal Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    internal Task<Answer> PutAsync(string path, string body, params (string, string)[] headers) => SendAsync(HttpMethod.Put, path, body, headers);

    public async ValueTask DisposeAsync()
    {
        if (app.Urls.Count == 0 && Time.GetUtcNow() == Start)
        {
            use++;
            Cluster.Reset();
            Idle.Add(this);
            return;
        }

        Client.Dispose();
        await app.DisposeAsync();
    }
}

/// <summary>An answer, read.</summary>
internal sealed class Answer(HttpResponseMessage response, string body)
{
    internal int Status { get; } = (int)response.StatusCode;

    internal string Body => body;

    internal string? ContentType { get; } = response.Content.Headers.ContentType?.ToString();

    internal JsonElement Json => JsonDocument.Parse(body).RootElement;

    /// <summary>Null where there is no such header.</summary>
    internal string? Header(string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(",", values) : null;

    internal string? ErrorCode => Header("iothub-errorcode");
}
