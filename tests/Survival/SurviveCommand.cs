using System.Globalization;
using System.Runtime.InteropServices;

namespace Muster.Survival;

/// <summary><c>./survive</c>.</summary>
internal static class SurviveCommand
{
    internal static async Task<int> RunAsync(SurviveOptions options)
    {
        var results = new ResultFile(options.Results);
        if (options.SummaryOnly)
        {
            Console.WriteLine(results.Summary());
            return 0;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            return await RunAsync(options, results, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.WriteLine("Stopped.");
            return 1;
        }

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> RunAsync(SurviveOptions options, ResultFile results, CancellationToken stop)
    {
        var folder = options.Data ?? Path.Combine(Repository.Root, "artifacts", "survive");
        if (options.Data is null && Directory.Exists(folder))
        {
            await ClusterControl.EndLeftoverAsync(folder, stop);
            Directory.Delete(folder, recursive: true);
        }

        var plans = Plan(options, results, await Repository.CommitAsync(stop));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{plans.Count} rounds, {options.Devices} devices, {options.Rate:0} operations/s, seed {options.Seed}; data and logs in {folder}"));
        var passed = plans.Count == 0 || await new SurvivalRun(options, folder, result => ReportAsync(result, results)).RunAsync(plans, stop);
        Console.WriteLine(results.Summary());
        if (!passed)
        {
            Console.WriteLine($"A round failed; everything is kept in {folder}");
            return 1;
        }

        if (options.Data is null && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static List<RoundPlan> Plan(SurviveOptions options, ResultFile results, string commit) =>
    [
        .. from kind in options.Kinds
           let before = options.Resume ? results.Passed(kind) : 0
           from number in Enumerable.Range(before + 1, Math.Max(0, (options.Rounds ?? kind.Rounds) - before))
           select new RoundPlan(kind, number, options.Seed, commit),
    ];

    private static Task ReportAsync(RoundResult result, ResultFile results)
    {
        results.Append(result);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Kind} {result.Round}: {result.Verdict} ({result.What}) in {result.Seconds} s, recovered after {result.RecoveredSeconds} s; lost connections {Text(result.Lost)}, kept {Text(result.Kept)}, struck grains {Text(result.StruckGrains)}, other grains {Text(result.OtherGrains)}; {result.Reports} reports, {result.Changes} changes, {result.Messages} messages, {result.Methods} methods, {result.Unanswered} unanswered"));
        foreach (var fault in result.Faults)
        {
            Console.WriteLine("  " + fault);
        }

        return Task.CompletedTask;
    }

    private static string Text(Gaps? gaps) =>
        gaps is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{gaps.Count}: {gaps.P50}/{gaps.P99}/{gaps.Max} ms");
}
