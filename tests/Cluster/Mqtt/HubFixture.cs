using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Access;
using Muster.CloudToDevice;
using Muster.Devices;
using Muster.EventHubs;
using Muster.Fixture;
using Muster.Storage.Log;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Xunit;

[assembly: AssemblyFixture(typeof(Muster.Mqtt.HubFixture))]

namespace Muster.Mqtt;

/// <summary>One silo with the real hub on loopback ports, the real store and log in a folder of its own.</summary>
public sealed class HubFixture : IAsyncLifetime
{
    public const string Host = "hub.test";
    public const string PolicyKey = "cG9saWN5IGtleSBvZiB0aGUgdGVzdHM=";

    /// <summary>The shortest that may be set.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromSeconds(5);

    private static readonly IPAddress Address = IPAddress.Parse("127.0.0.15");
    private readonly string folder = Directory.CreateTempSubdirectory("muster-hub-").FullName;
    private WebApplication? app;

    public IPEndPoint Plain { get; private set; } = null!;

    public IPEndPoint Tls { get; private set; } = null!;

    public Uri WebSocket { get; private set; } = null!;

    public IPEndPoint Amqp { get; private set; } = null!;

    public IServiceProvider Services => app!.Services;

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public async ValueTask InitializeAsync()
    {
        app = Build();
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(static a => new Uri(a)).ToArray();
        Plain = new IPEndPoint(Address, addresses[0].Port);
        Tls = new IPEndPoint(Address, addresses[1].Port);
        WebSocket = new Uri($"ws://{Address}:{addresses[2].Port}/$iothub/websocket");
        Amqp = new IPEndPoint(Address, addresses[3].Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Registers a device with a key of its own.</summary>
    public async Task<IDeviceGrain> CreateDeviceAsync(string deviceId)
    {
        var device = Grains.GetGrain<IDeviceGrain>(deviceId);
        var reply = await device.CreateAsync(new IdentitySpec { Authentication = new DeviceAuthentication { PrimaryKey = KeyOf(deviceId), SecondaryKey = KeyOf(deviceId + "2") } });
        Assert.IsType<IdentityReply.Accepted>(reply);
        return device;
    }

    /// <summary>As <see cref="CreateDeviceAsync"/>, but the device may be there already.</summary>
    public async Task EnsureDeviceAsync(string deviceId)
    {
        if (await Grains.GetGrain<IDeviceGrain>(deviceId).GetIdentityAsync() is null)
        {
            await CreateDeviceAsync(deviceId);
        }
    }

    /// <summary>The device's telemetry, once there are <paramref name="count"/> of them.</summary>
    public async Task<StoredEvent[]> EventsOfAsync(string deviceId, int count)
    {
        var log = Services.GetRequiredService<IEventLog>();
        var partition = PartitionHash.EventPartition(deviceId);
        while (true)
        {
            var cancellation = TestContext.Current.CancellationToken;
            var next = log.Describe(partition).NextOffset;
            var all = await log.ReadAsync(partition, 0, 10_000, 64 << 20, cancellation);
            var own = all.Where(e => e.DeviceId == deviceId && e.Source == EventSource.Telemetry).ToArray();
            if (own.Length >= count)
            {
                return own;
            }

            await log.WaitForAsync(partition, next, cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancellation);
        }
    }

    public static string KeyOf(string id) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    /// <summary>A token over <paramref name="resource"/>, good for an hour unless said otherwise.</summary>
    public static string Token(string resource, string key, string? policy = null, TimeSpan? validFor = null) =>
        SasTokens.Sign(resource, key, (TimeProvider.System.GetUtcNow() + (validFor ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds(), policy);

    public static string DeviceToken(string deviceId) => Token($"{Host}/devices/{deviceId}", KeyOf(deviceId));

    private WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenMqtt(new IPEndPoint(Address, 0), null);
            kestrel.ListenMqtt(new IPEndPoint(Address, 0), ServerCertificate());
            kestrel.Listen(new IPEndPoint(Address, 0));
            kestrel.ListenAmqp(new IPEndPoint(Address, 0), null);
        });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), FreePort());
            silo.Services.AddSingleton(new EventHubsAddress(EventHubsEndpoint.Name, Host, 5671));
            silo.AddMusterGrains().AddMusterHub().AddSqliteStorage(Path.Combine(folder, "store"));
            silo.Services.AddSegmentLog(Path.Combine(folder, "log"));
            silo.Services.Configure<CloudToDeviceOptions>(messages => messages.LockTime = LockTime);
            silo.Services.AddSingleton<ISecretProtector, PlainSecrets>();
            silo.Services.AddSingleton<IAccessPolicies, TestPolicies>();
        });
        builder.Services.AddRouting();
        var built = builder.Build();
        built.MapDeviceWebSockets();
        return built;
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private static X509Certificate2 ServerCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    // Keys are not secret here; the real protector is the silo's.
    private sealed class PlainSecrets : ISecretProtector
    {
        public byte[] Protect(ReadOnlySpan<byte> secret) => secret.ToArray();

        public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret) => protectedSecret.ToArray();
    }

    private sealed class TestPolicies : IAccessPolicies
    {
        public IReadOnlyCollection<AccessPolicy> All { get; } =
        [
            new("device", AccessRights.DeviceConnect, PolicyKey, PolicyKey),
            new("registryRead", AccessRights.RegistryRead, PolicyKey, PolicyKey),
            new("service", AccessRights.ServiceConnect, PolicyKey, PolicyKey),
        ];

        public AccessPolicy? Find(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));

        public bool IsHostName(ReadOnlySpan<char> host)
        {
            var colon = host.IndexOf(':');
            return (colon < 0 ? host : host[..colon]).Equals(Host, StringComparison.OrdinalIgnoreCase);
        }
    }
}
