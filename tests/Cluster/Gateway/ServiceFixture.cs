using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.Fixture;
using Muster.Gateway;
using Muster.Storage.Log;
using Muster.Storage.Sqlite;
using Orleans.TestingHost;
using Xunit;

namespace Muster.Gateway;

/// <summary>The real API as a client of a real silo with the store and the log of one machine.</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    internal static readonly string Key = Convert.ToBase64String(Encoding.ASCII.GetBytes("a key of the tests, 32 bytes long"));
    private readonly string folder = Directory.CreateTempSubdirectory("muster-service-").FullName;
    private InProcessTestCluster? cluster;
    private WebApplication? app;
    private HttpClient? client;

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMusterGrains().AddMusterHub().AddSqliteStorage(folder);
            silo.Services.AddSegmentLog(Path.Combine(folder, "events"));
            silo.Services.AddSingleton<ISecretProtector, PlainSecrets>().AddSingleton<IAccessPolicies, DefaultPolicies>().AddSingleton<IKeyDerivation, SameKeys>();
        });
        cluster = builder.Build();
        await cluster.DeployAsync();

        var host = WebApplication.CreateSlimBuilder();
        host.WebHost.UseTestServer();
        host.Logging.ClearProviders();
        host.Services.AddSingleton<IGrainFactory>(cluster.Client);
        host.Services.AddGatewayApi();
        app = host.Build();
        app.MapGatewayApi();
        await app.StartAsync();
        client = app.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The way to the API for a client that has its own.</summary>
    internal HttpMessageHandler Handler() => app!.GetTestServer().CreateHandler();

    /// <summary>An id that no other test has.</summary>
    internal static string NewId() => $"service-{Guid.NewGuid():N}";

    internal static string Token(string policy, string resource = "localhost", string? key = null, long expiry = 4102444800) =>
        SasTokens.Sign(resource, key ?? Key, expiry, policy);

    internal Task<ServiceAnswer> SendAsync(
        string method, string path, object? body = null, string? ifMatch = null, string policy = "iothubowner", string? token = null) =>
        SendAsync(method, path, body, token ?? Token(policy), ("If-Match", ifMatch));

    internal Task<ServiceAnswer> QueryAsync(object query, int pageSize, string? continuation) => SendAsync(
        "POST", "/devices/query", query, Token("service"),
        ("x-ms-max-item-count", pageSize.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("x-ms-continuation", continuation));

    private async Task<ServiceAnswer> SendAsync(string method, string path, object? body, string token, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "api-version=2021-04-12");
        request.Headers.TryAddWithoutValidation("Authorization", token);
        foreach (var (name, value) in headers)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await client!.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new ServiceAnswer(
            (int)response.StatusCode,
            text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default,
            response.Headers.ToDictionary(header => header.Key, header => header.Value.First(), StringComparer.OrdinalIgnoreCase));
    }

    private sealed class PlainSecrets : ISecretProtector
    {
        public byte[] Protect(ReadOnlySpan<byte> secret) => secret.ToArray();

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => protectedSecret.ToArray();
    }

    private sealed class DefaultPolicies : IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All { get; } =
        [
            new("iothubowner", AccessRights.RegistryRead | AccessRights.RegistryWrite | AccessRights.ServiceConnect | AccessRights.DeviceConnect, Key, Key),
            new("service", AccessRights.ServiceConnect, Key, Key),
            new("device", AccessRights.DeviceConnect, Key, Key),
            new("registryRead", AccessRights.RegistryRead, Key, Key),
            new("registryReadWrite", AccessRights.RegistryRead | AccessRights.RegistryWrite, Key, Key),
        ];

        public AccessPolicy? Find(string name) => All.FirstOrDefault(policy => policy.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

        public bool IsHostName(ReadOnlySpan<char> host) => host is "localhost";
    }
}

/// <summary>An answer, read. <paramref name="Json"/> is undefined where there is no body.</summary>
internal sealed record ServiceAnswer(int Status, JsonElement Json, IReadOnlyDictionary<string, string> Headers)
{
    internal string? ErrorCode => Headers.GetValueOrDefault("iothub-errorcode");

    internal string Etag => Json.GetProperty("etag").GetString()!;
}
