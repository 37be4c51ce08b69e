namespace Muster.Simulation.Load;

/// <summary>From the command line to two result files and an exit code: 0 if nothing failed, 1 if something did, 2 where nothing could be measured.</summary>
internal static class LoadProgram
{
    internal static async Task<int> RunAsync(LoadOptions options, CancellationToken stop)
    {
        try
        {
            var json = await File.ReadAllTextAsync(options.Connection, stop);
            await using var target = await ReachAsync(json, options, stop);
            using var run = new LoadRun(options, target, TimeProvider.System);
            var result = await run.RunAsync(Say, stop);
            var report = LoadReport.From(options, result, TimeProvider.System.GetUtcNow());
            await report.WriteAsync(options.Results, stop);
            Console.Out.WriteLine(report.ToMarkdown());
            Say($"written to {options.Results}.md and {options.Results}.json");
            return report.Rows.Any(row => row.Failed > 0) ? 1 : 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Say("stopped; nothing was written");
            return 2;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or HttpRequestException
            or LoadFailedException or Orleans.Runtime.OrleansException)
        {
            await Console.Error.WriteLineAsync($"simulator: {options.Connection}: {exception.Message} Is the hub running?");
            return 2;
        }
    }

    private static async Task<ILoadTarget> ReachAsync(string json, LoadOptions options, CancellationToken stop) => options.Client == LoadClient.Wire
        ? new WireTarget(HubAddress.Parse(json), options, TimeProvider.System)
        : await GrainTarget.ConnectAsync(ClusterAddress.Parse(json), options, stop);

    private static void Say(string text) => Console.Error.WriteLine($"load: {text}");
}
