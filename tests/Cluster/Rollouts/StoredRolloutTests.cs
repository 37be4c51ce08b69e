using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Muster.Access;
using Muster.Calls;
using Muster.Devices;
using Muster.Fixture;
using Muster.Json;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Muster.Twins;
using Muster.Updates;
using Orleans.Core.Internal;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Xunit;

namespace Muster.Rollouts;

/// <summary>Rollouts over the devices' own grains and a real store, by three silos of one process.</summary>
public sealed class StoredRolloutTests : IAsyncLifetime
{
    private const int Devices = 60;
    private const int Cap = 8;
    private const int SiteCap = 3;

    private static readonly AgentEvent[] Steps =
    [
        AgentEvent.Fetched, AgentEvent.Downloading, AgentEvent.Downloaded, AgentEvent.Installing, AgentEvent.Installed, AgentEvent.Rebooting, AgentEvent.Confirming,
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("muster-").FullName;
    private SqliteStore? store;
    private InProcessTestCluster? cluster;

    public async ValueTask InitializeAsync()
    {
        store = SqliteStore.Open(folder, TimeProvider.System);
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) => Configure(silo));
        builder.ConfigureClientPatience();
        builder.ConfigureHost(static host => host.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Rollouts:TickEvery"] = "00:00:00.1", ["Rollouts:RetellEvery"] = "00:00:00.2", ["Rollouts:AdmitBatch"] = "16" }));
        cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.WaitForLivenessToStabilizeAsync(false);
    }

    public async ValueTask DisposeAsync()
    {
        await cluster!.DisposeAsync();
        await store!.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_fleet_is_updated_and_taken_back_within_its_limits_though_its_coordinator_and_a_silo_are_lost()
    {
        await RegisterAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var agents = RunAgentsAsync(stop.Token);
        await StartAsync();

        await Eventually.HoldsAsync("some are done", async () => (await ViewAsync("fleet")).Counts.GetValueOrDefault(UpdateStatus.Succeeded) > 5);
        await Rollout("fleet").Cast<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);
        await cluster!.KillSiloAsync(cluster.Silos[2], TestContext.Current.CancellationToken);

        // Devices of the silo that was killed answer once the others agree that it is gone.
        await Eventually.HoldsAsync("it is completed", async () => (await ViewAsync("fleet")).Status == RolloutStatus.Completed, seconds: 120);

        var view = await ViewAsync("fleet");
        Assert.Equal(
            [(UpdateStatus.Succeeded, Devices - 3), (UpdateStatus.AlreadyCurrent, 1), (UpdateStatus.Excluded, 1), (UpdateStatus.Incompatible, 1)],
            view.Counts.OrderBy(static count => count.Key).Select(static count => (count.Key, count.Value)));
        await AssertLimitsAsync("fleet");

        Assert.IsType<RolloutReply.Found>(await Rollout("fleet").RollBackAsync("olga", "smoke", null));
        await Eventually.HoldsAsync("it is taken back", async () => (await ViewAsync("fleet")).Status == RolloutStatus.RolledBack, seconds: 120);
        await AssertLimitsAsync("fleet-rollback");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("1.0.0", (await Device($"pump-{i}").GetUpdateAsync())?.RunningVersion);
        }

        await stop.CancelAsync();
        await agents;
    }

    private async Task StartAsync()
    {
        var spec = new RolloutSpec
        {
            Name = "Fleet",
            Release = "fw@2.0.0",
            Target = new RolloutTarget { Condition = "STARTSWITH(tags.site, 's')" },
            Groups = [new GroupSpec { Name = "north", Condition = "tags.site = 's0'" }, new GroupSpec { Name = "rest" }],
            MaxInFlight = Cap,
            Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = SiteCap },
        };
        Assert.IsType<RolloutReply.Found>(await Rollout("fleet").CreateAsync(spec, "ada"));
        var plan = Assert.IsType<PlanReply.Found>(await Rollout("fleet").PlanAsync(10, null)).Plan;
        Assert.Equal((Devices, 10, 3), (plan.Total, plan.Devices.Length, plan.Exclusions.Values.Sum()));
        Assert.Equal(["north", "rest"], plan.Groups.Select(static group => group.Name));
        Assert.IsType<RolloutReply.Found>(await Rollout("fleet").SubmitAsync("ada", null));
        Assert.IsType<RolloutReply.Found>(await Rollout("fleet").StartAsync("olga", null));
    }

    /// <summary>By the durable history: who held room at each of its moments.</summary>
    private async Task AssertLimitsAsync(string rollout)
    {
        var history = cluster!.Silos[0].ServiceProvider.GetRequiredService<IUpdateHistory>();
        var steps = await history.ReadRolloutAsync(rollout, 0, 10_000, TestContext.Current.CancellationToken);
        var holding = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, deviceId, step) in steps)
        {
            _ = step.IsGranted && !step.To.IsFinal() ? holding.Add(deviceId) : holding.Remove(deviceId);
            Assert.InRange(holding.Count, 0, Cap);
            Assert.All(holding.CountBy(static id => int.Parse(id[5..], System.Globalization.CultureInfo.InvariantCulture) % 4), static site => Assert.InRange(site.Value, 0, SiteCap));
        }

        Assert.NotEmpty(steps);
    }

    private async Task RegisterAsync()
    {
        for (var i = 0; i < Devices; i++)
        {
            var device = Device($"pump-{i}");
            var tags = i == Devices - 1 ? $$"""{"site":"s{{i % 4}}","noUpdate":true}""" : $$"""{"site":"s{{i % 4}}"}""";
            Assert.IsType<IdentityReply.Accepted>(await device.CreateAsync(new IdentitySpec(), new TwinChange { Tags = JsonUtf8.Parse(tags) }));
            if (i != Devices - 2)
            {
                await device.PatchReportedAsync(Information(i == Devices - 3 ? "2.0.0" : "1.0.0"));
            }
        }
    }

    private async Task RunAgentsAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            for (var i = 0; i < Devices && !stop.IsCancellationRequested; i++)
            {
                try
                {
                    await UpdateAsync(Device($"pump-{i}"));
                }
                catch (Exception e) when (CallFaults.IsTransient(e))
                {
                    // The silo was lost: agents come back.
                }
            }

            await Task.Delay(5, CancellationToken.None);
        }
    }

    private static async Task UpdateAsync(IDeviceGrain device)
    {
        if (await device.PollUpdateAsync(UpdateAgent.Direct) is not { IsCancel: false } offer || offer.Permit == UpdatePermit.None)
        {
            return;
        }

        foreach (var step in Steps)
        {
            await device.ReportUpdateAsync(new AgentReport { WireId = offer.WireId, Event = step, Agent = UpdateAgent.Direct });
        }

        await device.PatchReportedAsync(Information(offer.Release.Version));
        await device.ReportUpdateAsync(new AgentReport { WireId = offer.WireId, Event = AgentEvent.Succeeded, Agent = UpdateAgent.Direct });
    }

    private static JsonUtf8 Information(string version) => JsonUtf8.Parse(
        $$$"""{"deviceInformation":{"manufacturer":"Muster","model":"P7","hwRevision":"1","swVersion":"{{{version}}}","updateAgent":"direct"}}""");

    private IDeviceGrain Device(string id) => cluster!.Client.GetGrain<IDeviceGrain>(id);

    private IRolloutGrain Rollout(string id) => cluster!.Client.GetGrain<IRolloutGrain>(id);

    private async Task<RolloutView> ViewAsync(string id)
    {
        var reply = await new GrainCalls(TimeProvider.System).CallAsync(id, Repeat.Always, () => Rollout(id).GetAsync(), TestContext.Current.CancellationToken);
        return Assert.IsType<RolloutReply.Found>(reply).Rollout;
    }

    private void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IReleaseSource>(new FakeReleases());
        silo.AddMusterGrains().AddSqliteStorage(store!);
        silo.AddGrainService<TestSessionHost>();
        silo.Services.AddSingleton<TestSessions>();
        silo.Services.AddSingleton<ISecretProtector, TestSecrets>().AddSingleton<IAccessPolicies, TestPolicies>();
        silo.Services.AddSingleton<IEventLog, QuietEventLog>();
    }
}
