using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Amqp;
using Amqp.Sasl;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.Devices;
using Muster.Mqtt;
using Muster.Sessions;

namespace Muster.Amqp;

/// <summary>The AMQP engine on real sockets, without a silo: what its rooms would do is the tests'.</summary>
internal sealed class AmqpHub : IAsyncDisposable
{
    public const string Host = "hub.test";
    public static readonly string PolicyKey = Convert.ToBase64String(Encoding.UTF8.GetBytes("policy key of these tests"));
    public static readonly byte[] DeviceKeyBytes = [.. Enumerable.Repeat((byte)7, 32)];
    public static readonly X509Certificate2 DeviceCertificate = Certificate();
    private readonly WebApplication app;

    private AmqpHub(WebApplication app) => this.app = app;

    public IPEndPoint Plain { get; private set; } = null!;

    public IPEndPoint Tls { get; private set; } = null!;

    public Uri WebSocket { get; private set; } = null!;

    public IServiceProvider Services => app.Services;

    public Connections Connections => Services.GetRequiredService<Connections>();

    public Address Address => new($"amqp://{Plain}");

    public static async Task<AmqpHub> StartAsync(TimeProvider? clock = null, TimeSpan? connectTimeout = null, params ILinkRoute[] routes)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        AddServices(builder.Services, clock ?? TimeProvider.System, connectTimeout ?? TimeSpan.FromSeconds(15));
        foreach (var route in routes)
        {
            builder.Services.AddSingleton(route);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenAmqp(new IPEndPoint(IPAddress.Loopback, 0), null);
            kestrel.ListenAmqp(new IPEndPoint(IPAddress.Loopback, 0), Certificate());
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        });
        var app = builder.Build();
        app.MapDeviceWebSockets();
        await app.StartAsync();
        app.Services.GetRequiredService<HubState>().Open();
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static a => new Uri(a).Port).ToArray();
        return new AmqpHub(app)
        {
            Plain = new IPEndPoint(IPAddress.Loopback, ports[0]),
            Tls = new IPEndPoint(IPAddress.Loopback, ports[1]),
            WebSocket = new Uri($"ws://127.0.0.1:{ports[2]}/"),
        };
    }

    public static ConnectionFactory Factory(SaslProfile? sasl = null)
    {
        var factory = new ConnectionFactory();
        factory.SASL.Profile = sasl;
#pragma warning disable CA5359 // The certificate is made by the fixture for this one run.
        factory.SSL.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return factory;
    }

    public async Task<Connection> ConnectAsync(SaslProfile? sasl = null) => await Factory(sasl).CreateAsync(Address);

    public static string PolicyToken(string policy, string resource = Host, DateTimeOffset? until = null) =>
        Sign(resource, Convert.FromBase64String(PolicyKey), policy, until);

    public static string EventHubsToken(string policy, string resource) => Sign(resource, Encoding.UTF8.GetBytes(PolicyKey), policy, null);

    public static string DeviceToken(string deviceId, DateTimeOffset? until = null) => Sign($"{Host}/devices/{deviceId}", DeviceKeyBytes, null, until);

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in Connections.Snapshot())
        {
            peer.Close(new LinkError(LinkConditions.ConnectionForced, "The test is over."));
        }

        await app.StopAsync();
        await app.DisposeAsync();
    }

    private static string Sign(string resource, byte[] key, string? policy, DateTimeOffset? until)
    {
        var (scope, expiry) = (Uri.EscapeDataString(resource), (until ?? TimeProvider.System.GetUtcNow().AddHours(1)).ToUnixTimeSeconds());
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{scope}\n{expiry}")));
        var token = $"SharedAccessSignature sr={scope}&sig={Uri.EscapeDataString(signature)}&se={expiry}";
        return policy is null ? token : $"{token}&skn={policy}";
    }

    private static void AddServices(IServiceCollection services, TimeProvider clock, TimeSpan connectTimeout)
    {
        services.AddRouting();
        services.AddSingleton(clock);
        services.Configure<HubOptions>(hub => hub.ConnectTimeout = connectTimeout);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        services.AddMetrics();
        services.AddSingleton<SessionTable>();
        services.AddSingleton<TimerWheel>();
        services.AddSingleton<ConnectionLimit>();
        services.AddSingleton<HubInstruments>();
        services.AddSingleton<HubState>();
        services.AddSingleton<DeviceListeners>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<DeviceListeners>());
        services.AddSingleton<AcceptGate>();
        services.AddSingleton<Authentication>();
        services.AddSingleton<DeviceAuthenticator>();
        services.AddSingleton<IDeviceReader, Rows>();
        services.AddSingleton<ISecretProtector, PlainSecrets>();
        services.AddSingleton<IAccessPolicies, TestPolicies>();
        services.AddHostedService<WheelService>();
        services.AddAmqp();
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>Every device whose name begins with <c>d</c> is registered, all with one key; with <c>x509-</c>, all with one certificate.</summary>
    private sealed class Rows : IDeviceReader
    {
        public ValueTask<DeviceState?> ReadAsync(DeviceKey key, CancellationToken cancellationToken) => ValueTask.FromResult(
            key.DeviceId.StartsWith('d') ? Row(new IdentityState { GenerationId = 1, ProtectedKeys = [(byte)DeviceKeyBytes.Length, .. DeviceKeyBytes, .. DeviceKeyBytes] })
            : key.DeviceId.StartsWith("x509-", StringComparison.Ordinal) ? Row(new IdentityState
            {
                GenerationId = 1,
                AuthenticationType = AuthenticationType.SelfSigned,
                PrimaryThumbprint = DeviceCertificate.Thumbprint,
            })
            : null);

        private static DeviceState Row(IdentityState identity) => new() { Identity = identity };
    }

    private sealed class PlainSecrets : ISecretProtector
    {
        public byte[] Protect(ReadOnlySpan<byte> secret) => secret.ToArray();

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => protectedSecret.ToArray();
    }

    private sealed class TestPolicies : IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All { get; } =
        [
            new("service", AccessRights.ServiceConnect, PolicyKey, PolicyKey),
            new("device", AccessRights.DeviceConnect, PolicyKey, PolicyKey),
            new("registryRead", AccessRights.RegistryRead, PolicyKey, PolicyKey),
        ];

        public AccessPolicy? Find(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));

        public bool IsHostName(ReadOnlySpan<char> host)
        {
            var colon = host.IndexOf(':');
            return (colon < 0 ? host : host[..colon]).Equals(Host, StringComparison.OrdinalIgnoreCase);
        }
    }
}
