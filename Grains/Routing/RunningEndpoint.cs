namespace Muster.Routing;

/// <summary>The runners of one endpoint in this silo, with the sink that they share.</summary>
internal sealed class RunningEndpoint(EndpointPlan plan, IEndpointSink sink, RouteContext context)
{
    private readonly Dictionary<int, (Task Task, CancellationTokenSource Stop)> runners = [];
    private readonly List<Task> ending = [];

    internal string Signature => plan.Signature;

    /// <summary>Runs one for each of the partitions and stops the others.</summary>
    internal void Run(IReadOnlySet<int> partitions)
    {
        foreach (var partition in runners.Keys.Except(partitions).ToList())
        {
            // Not waited for here: what hangs does no harm, since the checkpoint's epoch is another's by then.
            runners.Remove(partition, out var runner);
            ending.Add(EndAsync(runner.Task, runner.Stop));
        }

        ending.RemoveAll(static end => end.IsCompleted);
        foreach (var partition in partitions.Where(partition => !runners.ContainsKey(partition)))
        {
            var stop = new CancellationTokenSource();
            var runner = new RouteRunner(plan, partition, sink, context);
            runners.Add(partition, (Task.Run(() => runner.RunAsync(stop.Token)), stop));
        }
    }

    internal async Task StopAsync()
    {
        Run(new HashSet<int>());
        await Task.WhenAll(ending);
        await sink.DisposeAsync();
    }

    private static async Task EndAsync(Task task, CancellationTokenSource stop)
    {
        await stop.CancelAsync();
        await task;
        stop.Dispose();
    }
}
