using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muster.Benchmarks.Load;
using Muster.Devices;
using Muster.Hosting;
using Muster.Json;
using Muster.Mqtt;
using Muster.Storage;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Muster.Twins;

namespace Muster.Benchmarks.Server;

/// <summary>What a benchmark device holds.</summary>
[Flags]
internal enum DeviceContent
{
    Nothing = 0,

    /// <summary>The 1 KB reported twin of 16 properties.</summary>
    Twin = 1,

    /// <summary>A value for each of the 20 tag names.</summary>
    Tags = 2,
}

/// <summary>The product's own composition, in this process, with one listener more: plain TCP, which only a benchmark opens.</summary>
internal sealed partial class BenchSilo : IAsyncDisposable
{
    /// <summary>Of every server of a figure: <c>MUSTER_ADDRESS</c>, where several measure or test on one machine.</summary>
    internal static string Address { get; } = Environment.GetEnvironmentVariable("MUSTER_ADDRESS") ?? "127.0.0.9";

    internal const int TagNames = 20;
    internal const int MatchesPerTag = 10;
    private const int PlainPort = 1883;
    private const int TlsPort = 8883;
    private const int Concurrency = 500;
    private readonly WebApplication app;

    private readonly DataFolder data;

    private BenchSilo(WebApplication app, DataFolder data)
    {
        this.app = app;
        this.data = data;
    }

    internal IGrainFactory Grains => app.Services.GetRequiredService<IGrainFactory>();

    internal X509Certificate2 ServerCertificate => app.Services.GetRequiredService<X509Certificate2>();

    internal string StoreFolder => data.Path;

    internal IEventLog Log => app.Services.GetRequiredService<IEventLog>();

    /// <summary>Events that stand in the log and that the pump has not applied yet.</summary>
    internal long PumpLag
    {
        get
        {
            var log = Log;
            using var database = SqliteFile.OpenForReading(Path.Combine(StoreFolder, SqliteFile.Name));
            return Enumerable.Range(0, log.PartitionCount).Sum(partition => log.Describe(partition).NextOffset) - database.Scalar(
                $"SELECT coalesce(sum(next_offset), 0) FROM {Schema.CheckpointTable}")!.Value;
        }
    }

    internal static string TagName(int tag) => $"label{tag:D2}";

    internal static string TagValue(int value) => $"v{value}";

    /// <param name="folder">Its data folder.</param>
    /// <param name="pump">Whether what the event log takes is applied.</param>
    /// <param name="database">PostgreSQL; null for SQLite in the folder.</param>
    /// <param name="address">Where it listens; null for <see cref="Address"/>.</param>
    /// <param name="configure">What is to be other than in the product.</param>
    internal static async Task<BenchSilo> StartAsync(
        string folder, bool pump = false, string? database = null, string? address = null, Action<ISiloBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [SettingKeys.Bind] = address ?? Address,
            [SettingKeys.HttpsPort] = "8443",
            [SettingKeys.MqttPort] = $"{TlsPort}",
            [SettingKeys.DataFolder] = folder,
            [SettingKeys.Devices] = "0",
            ["Pump:Enabled"] = pump ? "true" : "false",
            [SettingKeys.ConnectionString] = database,
        });
        var settings = new SettingsReader(builder.Configuration).Read();
        builder.AddMuster(settings);
        var data = DataFolder.Open(settings.DataFolder);
        if (settings.IsCluster) { await ClusterStart.PrepareAsync(settings, TimeProvider.System, CancellationToken.None); }
        builder.AddMusterStorage(settings, data);
        if (configure is not null) { builder.UseOrleans(configure); }
        // It would print how to connect, to whoever reads the figures.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(Announcement)));
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenMqtt(new IPEndPoint(settings.Bind, PlainPort), null));
        var app = builder.Build();
        app.MapMuster(settings);
        await app.StartAsync();
        return new BenchSilo(app, data);
    }

    /// <summary>Registers <paramref name="count"/> devices, <c>{prefix}00000</c> and on, all with the benchmark's key.</summary>
    internal Task RegisterAsync(string prefix, int count, DeviceContent content) => ForEachAsync(prefix, count, async (device, i) =>
    {
        var key = Convert.ToBase64String(RawPackets.DeviceKey);
        var spec = new IdentitySpec { Authentication = new DeviceAuthentication { PrimaryKey = key, SecondaryKey = key } };
        var tags = content.HasFlag(DeviceContent.Tags) ? new TwinChange { Tags = JsonUtf8.Parse(Tags(i)) } : null;
        if (await device.CreateAsync(spec, tags) is IdentityReply.Refused refused) { throw new InvalidOperationException(refused.Why.Message); }
        if (content.HasFlag(DeviceContent.Twin) && await device.PatchReportedAsync(new JsonUtf8(TwinSample.Whole)) is ReportedReply.Refused no)
        {
            throw new InvalidOperationException(no.Why.Message);
        }
    });

    internal async Task ForEachAsync(string prefix, int count, Func<IDeviceGrain, int, Task> action)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(async _ =>
        {
            await Task.Yield();
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
            {
                await action(Grains.GetGrain<IDeviceGrain>($"{prefix}{i:D5}"), i);
            }
        }));
    }

    /// <summary>Lets every device grain go, so that what it costs to have one can be seen.</summary>
    internal async Task DeactivateAllAsync()
    {
        var management = Grains.GetGrain<IManagementGrain>(0);
        while (true)
        {
            await management.ForceActivationCollection(TimeSpan.Zero);
            var statistics = await management.GetSimpleGrainStatistics();
            if (statistics.Where(s => s.GrainType.Contains("DeviceGrain", StringComparison.Ordinal)).Sum(s => s.ActivationCount) == 0) { return; }
            await Task.Delay(100);
        }
    }

    internal async Task<DeviceState> ReadRowAsync(string deviceId) =>
        await app.Services.GetRequiredService<IDeviceReader>().ReadAsync(DeviceKey.Parse(deviceId), CancellationToken.None)
        ?? throw new InvalidOperationException($"{deviceId} is not registered.");

    internal LoadOrder Order(string kind, string prefix, int connections, int inFlight, double seconds) =>
        new(kind, Address, PlainPort, Address, prefix, connections, inFlight, seconds);

    internal LoadOrder TlsOrder(string kind, string prefix, int connections) => new(kind, Address, TlsPort, Address, prefix, connections, 0, 0);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        data.Dispose();
    }

    // Each value of each tag stands on MatchesPerTag of 100,000 devices: the factor has no divisor in common with their number.
    private static string Tags(int device) => "{" + string.Join(',', Enumerable.Range(0, TagNames).Select(tag =>
        $"\"{TagName(tag)}\":\"{TagValue((int)((device * 7919L + tag * 104_729L) % 10_000))}\"")) + "}";
}
