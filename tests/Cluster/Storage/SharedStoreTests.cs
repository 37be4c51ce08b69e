using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Muster.Access;
using Muster.Devices;
using Muster.Fixture;
using Muster.Json;
using Muster.Storage.Sqlite;
using Muster.Telemetry;
using Muster.Twins;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Xunit;

namespace Muster.Storage;

/// <summary>Three silos of one process over one SQLite file.</summary>
public sealed class SharedStoreTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("muster-").FullName;
    private SqliteStore? store;
    private InProcessTestCluster? cluster;

    public async ValueTask InitializeAsync()
    {
        store = SqliteStore.Open(folder, TimeProvider.System);
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) => Configure(silo));
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
    public async Task What_one_silo_acknowledged_is_there_when_it_has_gone()
    {
        var devices = Enumerable.Range(0, 30).Select(i => $"device-{i}").ToArray();
        await Task.WhenAll(devices.Select(async id =>
        {
            Assert.IsType<IdentityReply.Accepted>(await Device(id).CreateAsync(new IdentitySpec()));
            Assert.IsType<ReportedReply.Accepted>(await Device(id).PatchReportedAsync(JsonUtf8.Parse($$"""{"mine":"{{id}}"}""")));
        }));

        await cluster!.StopSiloAsync(cluster.Silos[2], TestContext.Current.CancellationToken);

        foreach (var id in devices)
        {
            var twin = Assert.IsType<TwinReply.Found>(await Device(id).GetTwinAsync());
            Assert.Contains($"\"{id}\"", Encoding.UTF8.GetString(twin.Twin.Span), StringComparison.Ordinal);
            Assert.IsType<ReportedReply.Accepted>(await Device(id).PatchReportedAsync(JsonUtf8.Parse("""{"after":true}""")));
        }
    }

    private IDeviceGrain Device(string id) => cluster!.Client.GetGrain<IDeviceGrain>(id);

    private void Configure(ISiloBuilder silo)
    {
        silo.AddMusterGrains().AddSqliteStorage(store!);
        silo.AddGrainService<TestSessionHost>();
        silo.Services.AddSingleton<TestSessions>();
        silo.Services.AddSingleton<ISecretProtector, TestSecrets>().AddSingleton<IAccessPolicies, TestPolicies>();
        silo.Services.AddSingleton<IEventLog, QuietEventLog>();
    }
}
