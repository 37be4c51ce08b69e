using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Muster.Devices;
using Muster.Hosting;

namespace Muster.Cluster;

public sealed class SupervisorTests
{
    private static readonly string[] Small = ["--silos", "1", "--gateways", "0"];

    [Fact]
    public async Task No_node_outlives_a_killed_supervisor_and_the_next_cluster_finds_what_was_acknowledged()
    {
        using var folder = new TemporaryFolder();
        var (bind, data) = (Loopback.Next(), folder.File("data"));
        await using (var first = await LocalCluster.StartAsync(bind, data, Small))
        {
            using var service = new ServiceApi(first.Connection);
            await service.CreateAsync("kept");
            var pids = first.Nodes.Nodes.ConvertAll(node => node.Pid!.Value);
            await first.KillAsync();
            await Eventually.TrueAsync("all nodes to end", () => !pids.Exists(RunningProcesses.IsRunning));
            var (code, _, error) = await LocalCluster.AskAsync(data, "status");
            Assert.Equal(1, code);
            Assert.Contains("died", Assert.Single(Lines(error)), StringComparison.Ordinal);
        }

        await using var second = await LocalCluster.StartAsync(bind, data, Small);
        using var again = new ServiceApi(second.Connection);
        Assert.Equal("kept", (await again.GetTwinAsync("kept")).GetProperty("deviceId").GetString());
        AssertRefused(3, await LocalCluster.AskAsync(data, "up", "--bind", Loopback.Next()));
        AssertRefused(2, await LocalCluster.AskAsync(data, "kill", "silo-2"));
        Assert.Equal(0, await second.StopWithFrozenAsync(second.Nodes.Node("silo-1"), TimeSpan.FromSeconds(4)));
        Assert.False(File.Exists(folder.File("data/connection.json")));
        Assert.All(second.Nodes.Nodes, node => Assert.Null(node.Pid));
    }

    [Fact]
    public async Task A_bad_option_is_exit_code_2_a_hub_s_folder_3_a_busy_port_4()
    {
        using var folder = new TemporaryFolder();
        AssertRefused(2, await LocalCluster.AskAsync(folder.File("data"), "up", "--silos", "none"));
        Assert.False(Directory.Exists(folder.File("data")));

        Directory.CreateDirectory(folder.File("hub"));
        await File.WriteAllTextAsync(folder.File("hub/version"), "1\n", TestContext.Current.CancellationToken);
        AssertRefused(3, await LocalCluster.AskAsync(folder.File("hub"), "up", "--bind", Loopback.Next()));

        var bind = Loopback.Next();
        using var occupant = new TcpListener(IPAddress.Parse(bind), 8883);
        occupant.Start();
        AssertRefused(4, await LocalCluster.AskAsync(folder.File("data"), "up", "--bind", bind));
    }

    private static void AssertRefused(int code, (int ExitCode, string Output, string Error) ended)
    {
        Assert.True(code == ended.ExitCode, $"ended with {ended.ExitCode}: {ended.Output}{ended.Error}");
        Assert.StartsWith("cluster: ", Assert.Single(Lines(ended.Error)), StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
