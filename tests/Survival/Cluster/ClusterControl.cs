namespace Muster.Survival;

/// <summary>A cluster of <c>./cluster</c>.</summary>
internal sealed class ClusterControl : Testbed
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);
    private readonly ChildProcess supervisor;

    private ClusterControl(string folder, ChildProcess supervisor)
    {
        this.supervisor = supervisor;
        Folder = folder;
    }

    internal override string Folder { get; }

    internal override IReadOnlyList<SiloAddress> Silos => [.. Nodes().Where(node => node.IsSilo).Select(node => new SiloAddress(node.Name, node.Https))];

    // What ./cluster runs after it has built everything.
    private static string Program => Path.Combine(Repository.Root, "artifacts", "bin", "LocalCluster", Repository.Configuration, "Muster.LocalCluster");

    internal OrleansTarget Orleans => Hub.Orleans ?? throw new InvalidDataException("connection.json says nothing of Orleans");

    private string File => Path.Combine(Folder, "cluster.json");

    internal static async Task<ClusterControl> StartAsync(string folder, string bind, CancellationToken cancellationToken, params string[] settings)
    {
        Directory.CreateDirectory(folder);
        await EndLeftoverAsync(folder, cancellationToken);
        System.IO.File.Delete(Path.Combine(folder, "connection.json"));
        string[] arguments = ["up", "--silos", "3", "--gateways", "0", "--data", folder, "--bind", bind, .. settings.SelectMany(static setting => new[] { "--set", setting })];
        var cluster = new ClusterControl(folder, await ChildProcess.StartAsync(Program, arguments, Path.Combine(folder, "logs", "cluster.log")));
        try
        {
            await cluster.WaitForStartAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends what a run left behind that could not end it itself.</summary>
    internal static async Task EndLeftoverAsync(string folder, CancellationToken cancellationToken)
    {
        if (System.IO.File.Exists(Path.Combine(folder, "cluster.json")))
        {
            await ChildProcess.RunAsync(Program, ["down", "--data", folder], cancellationToken);
        }
    }

    internal IReadOnlyList<ClusterNode> Nodes() => ClusterFile.Read(File).Nodes;

    internal ClusterNode Node(string name) => Nodes().Single(node => node.Name == name);

    internal IReadOnlyList<ClusterNode> SiloNodes() => [.. Nodes().Where(node => node.IsSilo)];

    /// <summary><c>./cluster stop</c> or <c>start</c>.</summary>
    internal Task VerbAsync(string verb, string node, CancellationToken cancellationToken) =>
        ChildProcess.RunAsync(Program, [verb, node, "--data", Folder], cancellationToken);

    public override async ValueTask DisposeAsync() => await supervisor.DisposeAsync();

    private async Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        var connection = Path.Combine(Folder, "connection.json");
        await Patience.UntilAsync("the cluster to start", StartLimit, () =>
            supervisor.HasExited ? throw new InvalidOperationException($"./cluster ended with {supervisor.ExitCode}; see {Folder}/logs")
            : System.IO.File.Exists(connection) ? null : "no connection.json", cancellationToken);
        Hub = await HubTarget.ReadAsync(connection, cancellationToken);
    }
}
