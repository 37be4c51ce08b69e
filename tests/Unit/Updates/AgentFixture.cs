using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Muster.Calls;
using Muster.Ddi;
using Muster.Devices;
using Muster.Gateway;
using Muster.Mender;
using Muster.Mqtt;
using Xunit;

namespace Muster.Updates;

/// <summary>The real routes of update agents over fake devices.</summary>
internal sealed class AgentFixture : IAsyncDisposable
{
    internal static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    internal const string SwUpdate = "libcurl-agent/1.0";
    internal const string Rauc = "rauc-hawkbit-c-agent/1.0";

    private readonly WebApplication app;
    private readonly HttpClient client;

    private AgentFixture(WebApplication app, FakeAgentDevices devices, FakeTimeProvider time)
    {
        (this.app, Devices, Time) = (app, devices, time);
        client = app.GetTestClient();
        client.BaseAddress = new Uri("https://hub.example:8443");
    }

    internal FakeAgentDevices Devices { get; }

    internal FakeTimeProvider Time { get; }

    internal AgentSecrets Secrets => app.Services.GetRequiredService<AgentSecrets>();

    internal string Gateway => $"GatewayToken {Secrets.DdiGatewayToken}";

    internal static async Task<AgentFixture> StartAsync(params (string Key, string Value)[] settings)
    {
        var devices = new FakeAgentDevices();
        var time = new FakeTimeProvider(Start);
        var state = new HubState();
        state.Open();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value)));
        builder.Services.AddSingleton<TimeProvider>(time).AddSingleton(devices.Factory).AddSingleton<IDeviceReader>(devices)
            .AddSingleton(new GrainCalls(TimeProvider.System)).AddSingleton<IKeyDerivation, Keys>().AddSingleton<AgentSecrets>()
            .AddSingleton<ISecretProtector, Keys>().AddSingleton<IAccessPolicies, Keys>().AddSingleton<DeviceAuthenticator>().AddSingleton<Authentication>()
            .AddSingleton(state).AddSingleton<IAgentLinks>(new Links()).AddDdi().AddMender();
        var app = builder.Build();
        app.MapDdi();
        app.MapMender();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new AgentFixture(app, devices, time);
    }

    /// <summary>Sends as an agent. A body that is neither text nor bytes already goes as JSON.</summary>
    internal async Task<Answer> SendAsync(string method, string path, object? body = null, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body as byte[] ?? Encoding.UTF8.GetBytes(body as string ?? JsonSerializer.Serialize(body)));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer(response, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    internal static AgentOffer Offer(string file, UpdatePermit permit = UpdatePermit.Commit, UpdateStatus status = UpdateStatus.Offered) => new()
    {
        WireId = 101,
        Status = status,
        Permit = permit,
        IsCancel = false,
        MustRollBack = false,
        Release = new PlannedRelease
        {
            Id = "fw-2",
            Name = "pump-fw",
            Version = "2.0.0",
            Artifacts = [new PlannedArtifact { FileName = file, Size = 3072, Sha256 = new string('2', 64), Sha1 = new string('1', 40), Md5 = new string('5', 32) }],
        },
    };

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
    }

    private sealed class Links : IAgentLinks
    {
        public AgentLink Make(string deviceId, PlannedRelease release, PlannedArtifact artifact) => new(
            new Uri($"https://hub.example:8443/artifacts/{artifact.FileName}?d={deviceId}"), new Uri($"http://hub.example:8080/artifacts/{artifact.FileName}?d={deviceId}"), Start.AddHours(1));
    }

    private sealed class Keys : IKeyDerivation, ISecretProtector, IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All => [];

        public byte[] Derive(string purpose) => SHA256.HashData(Encoding.UTF8.GetBytes(purpose));

        public byte[] Protect(ReadOnlySpan<byte> secret) => secret.ToArray();

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => protectedSecret.ToArray();

        public AccessPolicy? Find(string name) => null;

        public bool IsHostName(ReadOnlySpan<char> host) => true;
    }
}
