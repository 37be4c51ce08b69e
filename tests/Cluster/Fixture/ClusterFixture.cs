using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Muster.Access;
using Muster.CloudToDevice;
using Muster.Deadlines;
using Muster.Devices;
using Muster.Files;
using Muster.Fixture;
using Muster.Fleet;
using Muster.Routing;
using Muster.Sessions;
using Muster.Storage;
using Muster.Storage.Documents;
using Muster.Telemetry;
using Muster.Upstream;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;
using Xunit;

[assembly: AssemblyFixture(typeof(ClusterFixture))]

namespace Muster.Fixture;

/// <summary>Three silos in one process, with the directory that the product ships, over one store in memory.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly MemoryDocuments documents = new();
    private readonly MemoryDeviceStorage storage = new();
    private readonly TestSessions sessions = new();
    private readonly TestReceivers receivers = new();
    private InProcessTestCluster? cluster;

    /// <summary>Configuration keys of all silos; none by default.</summary>
    internal Dictionary<string, string?> Settings { get; init; } = new() { ["Deadlines:ScanEvery"] = "00:00:00.2" };

    /// <summary>The log and its checkpoints; one in which nothing happens by default.</summary>
    internal MemoryEventLog? Log { get; init; }

    /// <summary>The hub that the cluster stands on; none by default.</summary>
    internal TestUpstream? Upstream { get; init; }

    /// <summary>What else each silo has; nothing by default.</summary>
    internal Action<ISiloBuilder>? More { get; init; }

    internal InProcessTestCluster Cluster => cluster ?? throw new InvalidOperationException("The cluster has not started.");

    internal MemoryDeviceStorage Storage => storage;

    internal MemoryDocuments Documents => documents;

    internal TestSessions Sessions => sessions;

    internal TestReceivers Receivers => receivers;

    internal MemoryServiceQueueStore ServiceQueues { get; } = new();

    internal MemoryUploadTarget Uploads { get; } = new();

    internal IDeviceGrain Device(string key) => Cluster.Client.GetGrain<IDeviceGrain>(key);

    /// <summary>A registered device with an id of its own.</summary>
    internal async Task<(string Key, IDeviceGrain Grain)> NewDeviceAsync()
    {
        var key = $"device-{Guid.NewGuid():N}";
        Assert.IsType<IdentityReply.Accepted>(await Device(key).CreateAsync(new IdentitySpec()));
        return (key, Device(key));
    }

    /// <summary>Connects a device through one of the silos.</summary>
    internal async Task<(AttachReply.Attached Attached, TestSession Session)> ConnectAsync(IDeviceGrain device, int silo = 0, bool clean = false)
    {
        var identity = await device.GetIdentityAsync();
        var session = sessions.Open();
        var reply = await device.AttachAsync(new AttachRequest
        {
            Silo = Cluster.Silos[silo].SiloAddress,
            ConnectionId = session.ConnectionId,
            IdentityETag = identity!.ETag,
            CleanSession = clean,
        });
        return (Assert.IsType<AttachReply.Attached>(reply), session);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(3);
#pragma warning disable ORLEANSEXP003 // The directory that the product ships.
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) => Configure(silo));
        builder.ConfigureClientPatience();
        builder.ConfigureHost(host => host.Configuration.AddInMemoryCollection(Settings));
        cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.WaitForLivenessToStabilizeAsync(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }
    }

    private void Configure(ISiloBuilder silo)
    {
        More?.Invoke(silo);
        silo.AddMusterGrains();
        silo.AddGrainService<TestSessionHost>();
        silo.AddGrainService<TestReceiverHost>();
        silo.Services.AddGrainStorage(StorageNames.Devices, (_, _) => storage);
        silo.Services.AddDocuments(_ => documents);
        silo.Services.AddSingleton<IDeviceReader>(storage).AddSingleton<IFleetIndex>(storage).AddSingleton(sessions).AddSingleton(receivers);
        silo.Services.AddSingleton<IDeadlineIndex>(storage).AddSingleton<ISessionIndex>(storage);
        silo.Services.AddSingleton<IServiceQueueStore>(ServiceQueues);
        silo.Services.AddSingleton<IUploadTarget>(Uploads);
        silo.Services.AddSingleton<ISecretProtector, TestSecrets>().AddSingleton<IAccessPolicies, TestPolicies>();
        if (Upstream is { } upstream)
        {
            silo.Services.AddSingleton<IUpstreamHub>(upstream).AddSingleton<IUpstreamEvents>(upstream.Events).AddSingleton<IUpstreamQueues>(upstream.Queues);
        }

        if (Log is { } log)
        {
            silo.AddMusterEndpoints();
            silo.Services.AddSingleton<IEventLog>(log).AddSingleton<ICheckpointStore>(log);
            return;
        }

        silo.Services.AddSingleton<QuietEventLog>().AddSingleton<IEventLog>(s => s.GetRequiredService<QuietEventLog>());
        silo.Services.AddSingleton<ICheckpointStore>(s => s.GetRequiredService<QuietEventLog>());
    }
}
