using System.Collections.Immutable;

namespace Muster.Local;

/// <summary>All nodes: who waits for whom at the start, and in which order they end.</summary>
internal sealed class NodeSet : IAsyncDisposable
{
    // A silo's own limit is 140 s, drain and hand-over; Compose and Kubernetes give it the same 150.
    private static readonly TimeSpan SiloPatience = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly ClusterFolder folder;
    private readonly AddressPlan plan;
    private readonly Action<string> say;
    private readonly List<LogFile> logs = [];
    private readonly Lock writing = new();
    private readonly PostgresLauncher postgres;

    internal NodeSet(ClusterOptions options, ClusterFolder folder, AddressPlan plan, Action<string> say)
    {
        (this.folder, this.plan, this.say) = (folder, plan, say);
        Programs = Programs.For(options, plan, folder.Secrets);
        postgres = new PostgresLauncher(plan.Postgres, folder.File("postgres"), Log(plan.Postgres));
        var settings = new NodeSettings(options.Restarts, TimeProvider.System, say, WriteFile);
        All = [.. plan.All.Select(node => new Node(node, Launcher(node), settings))];
    }

    internal Programs Programs { get; }

    /// <summary>In the order of starting.</summary>
    internal ImmutableArray<Node> All { get; private set; } = [];

    internal Node? Find(string name) => All.FirstOrDefault(node => node.Plan.Name == name);

    internal ClusterFile Describe() => new(Environment.ProcessId, [.. All.Select(Describe)]);

    /// <summary>Returns once all of them answer.</summary>
    internal async Task StartAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(folder.File(plan.Balancer.Name));
        await OpenAsync(Of(NodeRole.Postgres), stop);
        var silos = Of(NodeRole.Silo);
        var ready = OpenAsync(silos, stop);

        // Gateways need one silo. Started with them they would only take the processor from them.
        await await Task.WhenAny(silos.Select(silo => silo.FirstReady)).WaitAsync(stop);
        await Task.WhenAll(ready, OpenAsync([.. Of(NodeRole.Gateway), .. Of(NodeRole.Balancer)], stop));
    }

    /// <summary>Silos together, then gateways, then the balancer, and PostgreSQL last.</summary>
    internal async Task StopAsync()
    {
        foreach (var role in (NodeRole[])[NodeRole.Silo, NodeRole.Gateway, NodeRole.Balancer, NodeRole.Postgres])
        {
            await Task.WhenAll(Of(role).Select(node => node.CloseAsync()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var node in All)
        {
            node.Dispose();
        }

        logs.ForEach(log => log.Dispose());
    }

    private static ClusterFile.Node Describe(Node node) =>
        new(node.Plan.Name, node.Plan.Role, node.Pid, node.Plan.Address.ToString(), node.Plan.Ports, node.State, node.Starts);

    private static async Task OpenAsync(ImmutableArray<Node> opened, CancellationToken stop)
    {
        foreach (var node in opened)
        {
            node.Open();
        }

        // The first fault is enough: the others may take long.
        var waiting = opened.Select(node => node.FirstReady).ToList();
        while (waiting.Count > 0)
        {
            var next = await Task.WhenAny(waiting).WaitAsync(stop);
            await next;
            waiting.Remove(next);
        }
    }

    private ImmutableArray<Node> Of(NodeRole role) => [.. All.Where(node => node.Plan.Role == role)];

    private LogFile Log(NodePlan node)
    {
        var log = new LogFile(folder.Log(node.Name));
        logs.Add(log);
        return log;
    }

    private INodeLauncher Launcher(NodePlan node) => node.Role switch
    {
        NodeRole.Postgres => postgres,
        NodeRole.Silo => new ProgramLauncher(
            () => Programs.Silo(node, postgres.ConnectionString!), Log(node), Probe(node.At("https")), SiloPatience),
        NodeRole.Gateway => new ProgramLauncher(() => Programs.Gateway(node), Log(node), Probe(node.At("https")), Patience),
        NodeRole.Balancer => new ProgramLauncher(
            PrepareBalancer, Log(node), Probe(new(plan.Dialled, node.Ports["https"])), Patience),
        _ => throw new NotSupportedException($"Unknown role {node.Role}."),
    };

    private HealthProbe Probe(System.Net.IPEndPoint endpoint) => new(endpoint, Path.Combine(folder.Secrets, "ca.pem"));

    private System.Diagnostics.ProcessStartInfo PrepareBalancer()
    {
        var file = Path.Combine(folder.File(plan.Balancer.Name), "haproxy.cfg");
        WholeFile.Write(file, System.Text.Encoding.UTF8.GetBytes(BalancerConfig.Text(plan, BalancerConfig.MaxConnections(ProcessTable.OpenFileLimit()))));
        return Muster.Local.Programs.Balancer(file);
    }

    private void WriteFile()
    {
        if (All.IsEmpty)
        {
            return;
        }

        try
        {
            lock (writing)
            {
                WholeFile.WriteJson(folder.File(ClusterFile.FileName), Describe());
            }
        }
        catch (IOException fault)
        {
            say($"{ClusterFile.FileName} cannot be written: {fault.Message}");
        }
    }
}
