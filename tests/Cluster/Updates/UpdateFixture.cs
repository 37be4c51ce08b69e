using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Muster.Devices;
using Muster.Fixture;
using Muster.Gates;
using Muster.Json;
using Muster.Rollouts;
using Xunit;

namespace Muster.Updates;

/// <summary>Three silos whose devices are updated; releases have contents, and no gate is ever called.</summary>
public sealed class UpdateFixture : IAsyncLifetime, ITwinContents
{
    private readonly ClusterFixture cluster;

    public UpdateFixture() => cluster = new ClusterFixture
    {
        Settings = new() { ["Deadlines:ScanEvery"] = "00:00:00.1" },
        More = silo => silo.Services.AddSingleton<ITwinContents>(this).AddSingleton<IReleaseSource>(new FakeReleases()),
    };

    internal static GateSpec Reroute { get; } = new() { Name = "reroute", Phase = GatePhase.BeforeOffer, Kind = GateKind.Webhook, Url = "https://plant.example/reroute" };

    internal static DeviceUpdate? StoredUpdate(DeviceState? state) => DeviceUpdate.Read(state?.Update);

    /// <summary>Versions of which nobody is told any more.</summary>
    internal ConcurrentDictionary<string, bool> Withdrawn { get; } = new();

    internal MemoryDeviceStorage Storage => cluster.Storage;

    public ValueTask InitializeAsync() => cluster.InitializeAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    async ValueTask<TwinContent?> ITwinContents.GetAsync(PlannedRelease release, string deviceId)
    {
        await Task.Yield();

        // A twin takes no text of that length.
        return Withdrawn.ContainsKey(release.Version) ? null : new TwinContent(release.Version == "9.0.0" ? new string('x', 100_000) : "{}", "signature", []);
    }

    internal IDeviceGrain Device(string key) => cluster.Device(key);

    /// <summary>A device that runs 1.0.0.</summary>
    internal async Task<(string Key, IDeviceGrain Grain)> NewDeviceAsync(string agent = "twin")
    {
        var (key, device) = await cluster.NewDeviceAsync();
        await device.PatchReportedAsync(JsonUtf8.Parse($$$"""{"deviceInformation":{"model":"P7","hwRevision":"1","swVersion":"1.0.0","updateAgent":"{{{agent}}}"}}"""));
        return (key, device);
    }

    /// <summary>A rollout that has a plan.</summary>
    internal async Task<string> NewPlanAsync(string version, params GateSpec[] gates)
    {
        var rollout = $"r-{Guid.NewGuid():N}"[..20];
        Assert.True(await cluster.Cluster.Client.GetGrain<IDevicePlanGrain>(rollout).PutAsync(new DevicePlan
        {
            Rollout = rollout,
            Release = new PlannedRelease
            {
                Id = $"fw@{version}",
                Name = "fw",
                Version = version,
                Artifacts = [new PlannedArtifact { FileName = "f", Size = 100, Sha256 = "a", Sha1 = "b", Md5 = "c" }],
            },
            Gates = [.. gates],
        }));
        return rollout;
    }

    internal static UpdateAssignment Assignment(string rollout, string version, int priority = 500) =>
        new() { Rollout = rollout, Group = 0, Release = $"fw@{version}", Epoch = 1, IsGranted = true, Priority = priority };
}
