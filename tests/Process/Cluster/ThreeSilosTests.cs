using Muster.Devices;
using Muster.Hosting;
using Muster.Readme;

namespace Muster.Cluster;

/// <summary>The whole cluster as <c>./cluster</c> starts it: three silos, two gateways, PostgreSQL and the balancer.</summary>
public sealed class ThreeSilosTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private LocalCluster cluster = null!;

    public async ValueTask InitializeAsync() => cluster = await LocalCluster.StartAsync(Loopback.Next(), folder.File("data"));

    public async ValueTask DisposeAsync()
    {
        await cluster.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_cluster_serves_the_readme_s_example_restarts_what_dies_keeps_down_what_was_stopped_and_ends_cleanly()
    {
        await CheckFilesAsync();
        Assert.Equal(NodeExample.Printed, await NodeExample.RunAsync(folder));
        await CheckGatewaysAsync();
        await CheckKillAsync("silo-2");
        await CheckStopAsync("silo-3");
        await CheckKillAsync("postgres");
        await CheckDownAsync();
    }

    private async Task CheckFilesAsync()
    {
        string[] expected = ["postgres", "silo-1", "silo-2", "silo-3", "gateway-1", "gateway-2", "balancer"];
        Assert.Equal(expected, cluster.Nodes.Nodes.Select(node => node.Name));
        Assert.All(cluster.Nodes.Nodes, node => Assert.True(RunningProcesses.IsRunning(node.Pid!.Value), node.Name));
        Assert.Equal((443, 8883), (cluster.Connection.HttpsPort, cluster.Connection.MqttPort));
        Assert.Equal(cluster.Pid, cluster.Connection.Pid);
        Assert.Equal(3, cluster.Connection.Orleans.Gateway.Split(',').Length);
        var status = await cluster.AskAsync("status");
        Assert.Contains("3 of 3 silos running, 2 of 2 gateways running", status, StringComparison.Ordinal);
        Assert.All(expected, name => Assert.Contains($"\n{name} ", status, StringComparison.Ordinal));
    }

    private async Task CheckGatewaysAsync()
    {
        var gateways = cluster.Nodes.Node("balancer").Ports["gatewayHttps"];
        using var service = new ServiceApi(cluster.Connection with { HttpsPort = gateways });
        await service.CreateAsync("by-a-gateway");
        using var silos = new ServiceApi(cluster.Connection);
        Assert.Equal("by-a-gateway", (await silos.GetTwinAsync("by-a-gateway")).GetProperty("deviceId").GetString());
    }

    private async Task CheckKillAsync(string name)
    {
        var before = cluster.Nodes.Node(name).Pid;
        Assert.Contains($"{name} killed", await cluster.AskAsync("kill", name), StringComparison.Ordinal);
        Assert.False(RunningProcesses.IsRunning(before!.Value));
        await Eventually.TrueAsync($"{name} to run again", () => cluster.Nodes.Node(name).Pid is { } pid && pid != before);
        await cluster.AskAsync("start", name);
        Assert.Contains($"{name} ended (signal 9); it is started again in 5 s", cluster.Output, StringComparison.Ordinal);
        Assert.Equal(NodeExample.Printed, await NodeExample.AgainAsync(folder));
    }

    private async Task CheckStopAsync(string name)
    {
        await cluster.AskAsync("stop", name);
        Assert.Null(cluster.Nodes.Node(name).Pid);
        Assert.Contains("2 of 3 silos running", await cluster.AskAsync("status"), StringComparison.Ordinal);
        Assert.Equal(NodeExample.Printed, await NodeExample.AgainAsync(folder));
        Assert.Null(cluster.Nodes.Node(name).Pid);
        Assert.Contains($"{name} ready", await cluster.AskAsync("start", name), StringComparison.Ordinal);
        Assert.NotNull(cluster.Nodes.Node(name).Pid);
    }

    private async Task CheckDownAsync()
    {
        var pids = cluster.Nodes.Nodes.ConvertAll(node => node.Pid!.Value);
        await cluster.AskAsync("down");
        Assert.All(pids, pid => Assert.False(RunningProcesses.IsRunning(pid)));
        Assert.False(File.Exists(folder.File("data/connection.json")));
        var (code, _, error) = await LocalCluster.AskAsync(folder.File("data"), "status");
        Assert.Equal(1, code);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
