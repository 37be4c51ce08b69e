using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.Fixture;
using Muster.Gateway;
using Muster.Storage.Files;
using Muster.Storage.Log;
using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Releases;

/// <summary>One silo with the real API, the real routes of artifacts and the real store, by sockets; without TLS, for which links are rewritten.</summary>
internal sealed class ReleaseServer : IAsyncDisposable
{
    private const string Host = "127.0.0.31";
    private static readonly string Key = Convert.ToBase64String(Encoding.ASCII.GetBytes("a key of the tests, 32 bytes long"));
    private readonly WebApplication app;

    private ReleaseServer(WebApplication app, string folder, int port, int plainPort)
    {
        (this.app, Folder, Port, PlainPort) = (app, folder, port, plainPort);
        Http = new HttpClient { BaseAddress = new Uri($"http://{Host}:{port}") };
        Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", SasTokens.Sign("localhost", Key, 4102444800, "iothubowner"));
    }

    internal string Folder { get; }

    internal int Port { get; }

    internal int PlainPort { get; }

    internal HttpClient Http { get; }

    internal IServiceProvider Services => app.Services;

    internal IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static async Task<ReleaseServer> StartAsync(string folder, params (string Key, string Value)[] settings)
    {
        var (port, plainPort) = (FreePort(), FreePort());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Critical);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(new IPEndPoint(IPAddress.Parse(Host), port));
            kestrel.Listen(new IPEndPoint(IPAddress.Parse(Host), plainPort));
        });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort("127.0.0.1"), FreePort("127.0.0.1"));
            silo.AddMusterGrains().AddMusterHub().AddSqliteStorage(Path.Combine(folder, "store"));
            silo.Services.AddSegmentLog(Path.Combine(folder, "log"));
            silo.Services.AddSingleton<ISecretProtector, PlainSecrets>().AddSingleton<IAccessPolicies, OwnerPolicy>().AddSingleton<IKeyDerivation, SameKeys>();
            silo.Services.AddSingleton(new HubAddress(Host, port, plainPort));
            silo.Services.AddFolderArtifacts(Path.Combine(folder, "artifacts")).AddArtifacts().AddGatewayApi();
        });
        var app = builder.Build();
        app.UsePlainHttp(plainPort);
        app.MapGatewayApi();
        app.MapArtifacts();
        await app.StartAsync(Cancel);
        return new ReleaseServer(app, folder, port, plainPort);
    }

    /// <summary>Sends to the API, or to a link, and reads the answer; the body is JSON unless it is bytes.</summary>
    internal async Task<(int Status, JsonElement Json, HttpResponseHeaders Headers)> SendAsync(string method, string url, object? body = null, string? contentRange = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Local(url));
        request.Content = body switch
        {
            null => null,
            byte[] bytes => new ByteArrayContent(bytes),
            string json => new StringContent(json, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        if (contentRange is not null)
        {
            request.Content ??= new ByteArrayContent([]);
            request.Content.Headers.TryAddWithoutValidation("Content-Range", contentRange);
        }

        using var response = await Http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return ((int)response.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default, response.Headers);
    }

    /// <summary>A link as it can be reached here.</summary>
    internal static string Local(string url) => url.Replace("https://", "http://", StringComparison.Ordinal);

    /// <summary>A release with one artifact that was uploaded whole; a draft.</summary>
    internal async Task<string> CreateAsync(string name, byte[] content, string version = "1.0.0")
    {
        var id = $"{name}@{version}";
        Assert.Equal(201, (await SendAsync("POST", "/api/v1/releases", new { name, version, compatibility = new { models = new[] { "P7" } } })).Status);
        var url = await BeginAsync(id, new { name = "a.bin" });
        Assert.Equal(201, (await SendAsync("PUT", url, content)).Status);
        return id;
    }

    internal async Task<string> BeginAsync(string id, object artifact)
    {
        var (status, json, _) = await SendAsync("POST", $"/api/v1/releases/{id}/artifacts", artifact);
        Assert.Equal(201, status);
        return json.GetProperty("uploadUrl").GetString()!;
    }

    internal async Task<ArtifactUrls> LinkAsync(string id, string device = "d1")
    {
        var release = await Grains.GetGrain<IReleaseGrain>(id).GetManifestAsync();
        return Services.GetRequiredService<IArtifactLinks>().Make(release!.Artifacts[0], device, TimeProvider.System.GetUtcNow().AddMinutes(5));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private static int FreePort(string address = Host)
    {
        using var socket = new TcpListener(IPAddress.Parse(address), 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private sealed class PlainSecrets : ISecretProtector
    {
        public byte[] Protect(ReadOnlySpan<byte> secret) => secret.ToArray();

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => protectedSecret.ToArray();
    }

    private sealed class OwnerPolicy : IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All { get; } = [new("iothubowner", AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect, Key, Key)];

        public AccessPolicy? Find(string name) => All.First();

        public bool IsHostName(ReadOnlySpan<char> host) => true;
    }
}
