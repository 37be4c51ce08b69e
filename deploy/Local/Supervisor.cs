using System.Globalization;
using System.Text.Json.Nodes;

namespace Muster.Local;

/// <summary>Starts the cluster's nodes, keeps them running, tells the world by files, and takes them down in order.</summary>
internal sealed class Supervisor : IAsyncDisposable
{
    private readonly ClusterOptions options;
    private readonly ClusterFolder folder;
    private readonly AddressPlan plan;
    private readonly NodeSet nodes;
    private readonly TextWriter console;
    private readonly CancellationTokenSource down = new();
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Fleet fleet;

    internal Supervisor(ClusterOptions options, ClusterFolder folder, AddressPlan plan, TextWriter console)
    {
        (this.options, this.folder, this.plan, this.console) = (options, folder, plan, TextWriter.Synchronized(console));
        nodes = new NodeSet(options, folder, plan, Say);
        fleet = new Fleet(options, nodes.Programs, folder, Say);
    }

    /// <summary>Returns after a clean stop.</summary>
    /// <exception cref="LocalException">The cluster could not be started; everything is down again.</exception>
    internal async Task RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, down.Token);
        try
        {
            File.Delete(folder.ConnectionFile);
            await StartAsync(ending.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Asked to stop, perhaps while still starting.
        }
        finally
        {
            await StopAsync();
        }
    }

    internal Task<ControlAnswer> AnswerAsync(ControlRequest request, CancellationToken cancellationToken) => request switch
    {
        { Verb: "status" } => Task.FromResult(Status.Describe(folder.Path, nodes.Describe())),
        { Verb: "down" } => DownAsync(cancellationToken),
        { Node: { } name } when nodes.Find(name) is { } node => AnswerAsync(request.Verb, node, cancellationToken),
        _ => Task.FromResult(ControlAnswer.Refused(
            ExitCode.Usage, $"there is no node '{request.Node}': the nodes are {string.Join(", ", nodes.All.Select(node => node.Plan.Name))}")),
    };

    public async ValueTask DisposeAsync()
    {
        await nodes.DisposeAsync();
        fleet.Dispose();
        down.Dispose();
    }

    /// <summary>The folder has been released: whoever waits for the end may start the next cluster over it.</summary>
    internal void Released() => stopped.TrySetResult();

    private Task<ControlAnswer> AnswerAsync(string verb, Node node, CancellationToken cancellationToken) => verb switch
    {
        "kill" => NodeVerbs.KillAsync(node, options.Restarts, cancellationToken),
        "stop" => NodeVerbs.StopAsync(node, cancellationToken),
        "start" => NodeVerbs.StartAsync(node, folder.Log(node.Plan.Name), cancellationToken),
        _ => Task.FromResult(ControlAnswer.Refused(ExitCode.Usage, $"unknown verb '{verb}'")),
    };

    private async Task StartAsync(CancellationToken stop)
    {
        Say($"starting {Count(options.Silos, "silo")}, {Count(options.Gateways, "gateway")}, PostgreSQL and the balancer in {folder.Path}");
        var begun = TimeProvider.System.GetTimestamp();
        await nodes.StartAsync(stop);
        var connection = await ReadConnectionAsync(stop);
        var pid = await fleet.StartAsync(ConnectionFile.Through(connection, plan, folder.Path, Environment.ProcessId, null));
        WholeFile.WriteJson(folder.ConnectionFile, ConnectionFile.Through(connection, plan, folder.Path, Environment.ProcessId, pid));
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{options.Silos} of {Count(options.Silos, "silo")}, {Count(options.Gateways, "gateway")}: ready in {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s; connection.json: {folder.ConnectionFile}"));
    }

    /// <summary>What a silo says of the hub; and the authority's certificate, where <c>./run</c> leaves it too.</summary>
    private async Task<JsonObject> ReadConnectionAsync(CancellationToken stop)
    {
        var file = Path.Combine(folder.File(plan.Silos[0].Name), ConnectionFile.FileName);
        while (!File.Exists(file))
        {
            // A silo answers a moment before it announces itself.
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop);
        }

        File.Copy(Path.Combine(folder.Secrets, "ca.pem"), folder.File("ca.pem"), overwrite: true);
        return JsonNode.Parse(await File.ReadAllTextAsync(file, stop))!.AsObject();
    }

    private async Task StopAsync()
    {
        File.Delete(folder.ConnectionFile);
        Say("stopping");
        await fleet.StopAsync();
        await nodes.StopAsync();
        Say("stopped");
    }

    private async Task<ControlAnswer> DownAsync(CancellationToken cancellationToken)
    {
        await down.CancelAsync();
        await stopped.Task.WaitAsync(cancellationToken);
        return ControlAnswer.Done("stopped");
    }

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private void Say(string line) => console.WriteLine(line);
}
