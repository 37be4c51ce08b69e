using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.Devices;
using Muster.Fixture;
using Muster.Gateway;
using Muster.Storage.Log;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Orleans.Hosting;
using Xunit;

namespace Muster.Routing;

/// <summary>A silo of one machine with the real API, log, store and endpoints, quick to notice changes and to try again.</summary>
public sealed class RoutingFixture : IAsyncLifetime
{
    private static readonly string Key = Convert.ToBase64String(Encoding.ASCII.GetBytes("a key of the tests, 32 bytes long"));

    private readonly string folder = Directory.CreateTempSubdirectory("muster-routes-").FullName;
    private WebApplication? app;
    private HttpClient? client;

    internal IServiceProvider Services => app!.Services;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Routes:AllowPrivateAddresses"] = "true",
            ["Routes:RefreshEvery"] = "00:00:00.1",
            ["Routes:MinRetryDelay"] = "00:00:00.05",
            ["Routes:MaxRetryDelay"] = "00:00:01",
            ["Routes:DeliveryTimeout"] = "00:00:06",
        });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort());
            silo.AddMusterGrains().AddMusterHub().AddMusterEndpoints().AddSqliteStorage(Path.Combine(folder, "store"));
            silo.Services.AddSegmentLog(Path.Combine(folder, "log"));
            silo.Services.AddSingleton<ISecretProtector, Reversed>().AddSingleton<IAccessPolicies, Owner>().AddSingleton<IKeyDerivation, SameKeys>();
        });
        builder.Services.AddGatewayApi();
        app = builder.Build();
        app.MapGatewayApi();
        await app.StartAsync();
        client = app.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A name that no other test has.</summary>
    internal static string NewName(string what) => $"{what}-{Guid.NewGuid():N}";

    internal Task<RoutingAnswer> PutAsync(string path, object body, params (string Name, string Value)[] headers) => SendAsync("PUT", path, body, headers);

    internal Task<RoutingAnswer> GetAsync(string path) => SendAsync("GET", path, null);

    internal async Task<RoutingAnswer> SendAsync(string method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Authorization", SasTokens.Sign("localhost", Key, 4102444800, "iothubowner"));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await client!.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new RoutingAnswer(
            (int)response.StatusCode, text, response.Headers.ETag?.ToString(), text.StartsWith('{') || text.StartsWith('[') ? JsonElement.Parse(text) : default);
    }

    /// <summary>A webhook endpoint and a route that takes what <paramref name="condition"/> says.</summary>
    internal async Task<(string Endpoint, string Route)> RouteToAsync(string url, string condition, int retryForSeconds = 3600, int maxBatch = 100)
    {
        var (endpoint, route) = (NewName("hook"), NewName("route"));
        Assert.Equal(201, (await PutAsync($"/api/v1/endpoints/{endpoint}", new { type = "webhook", url, secret = WebhookServer.Secret, retryForSeconds, maxBatch })).Status);
        Assert.Equal(201, (await PutAsync($"/api/v1/routes/{route}", new { condition, endpoint })).Status);
        return (endpoint, route);
    }

    internal async Task RegisterAsync(string deviceId, string? tags = null)
    {
        var device = Services.GetRequiredService<IGrainFactory>().GetGrain<IDeviceGrain>(deviceId);
        Assert.IsType<IdentityReply.Accepted>(await device.CreateAsync(new IdentitySpec()));
        if (tags is not null)
        {
            await device.ChangeTwinAsync(new Twins.TwinChange { Tags = Json.JsonUtf8.Parse(tags) });
        }
    }

    /// <summary>Puts messages of a device into the log; returns the ids that their deliveries have.</summary>
    internal async Task<string[]> SayAsync(string deviceId, string run, int count)
    {
        var log = Services.GetRequiredService<IEventLog>();
        var origin = new EventOrigin(deviceId, null, "0", "{}");
        var records = new ArrayBufferWriter<byte>();
        for (var i = 0; i < count; i++)
        {
            Write(records, origin, run, i);
        }

        await log.AppendAsync(origin.Partition, records.WrittenMemory, count);
        return [.. Enumerable.Range(0, count).Select(i => $"{deviceId}/{run}/{i}")];
    }

    internal async Task<JsonElement> StatusAsync(string route) => (await GetAsync($"/api/v1/routes/{route}")).Json.GetProperty("status");

    private static void Write(ArrayBufferWriter<byte> records, EventOrigin origin, string run, int number)
    {
        var writer = new EventWriter(records, origin, EventSource.Telemetry);
        writer.SystemProperty("content-type"u8, "application/json"u8);
        writer.SystemProperty("content-encoding"u8, "utf-8"u8);
        writer.BeginProperties();
        writer.Property("run"u8, Encoding.UTF8.GetBytes(run));
        writer.End(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($$"""{"run":"{{run}}","n":{{number}}}""")));
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    /// <summary>Enough to see that what is stored is not what was given.</summary>
    private sealed class Reversed : ISecretProtector
    {
        public byte[] Protect(ReadOnlySpan<byte> secret)
        {
            var bytes = secret.ToArray();
            Array.Reverse(bytes);
            return bytes;
        }

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => Protect(protectedSecret);
    }

    private sealed class Owner : IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All { get; } =
            [new("iothubowner", AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect | AccessRights.DeviceConnect, Key, Key)];

        public AccessPolicy? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);

        public bool IsHostName(ReadOnlySpan<char> host) => host is "localhost";
    }
}

internal sealed record RoutingAnswer(int Status, string Text, string? ETag, JsonElement Json)
{
    internal string Detail => Json.GetProperty("detail").GetString()!;
}
