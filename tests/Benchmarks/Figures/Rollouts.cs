using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Rollouts;
using Muster.Benchmarks.Server;
using Muster.Rollouts;
using Muster.Storage.Sqlite;
using Muster.Updates;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// A rollout over 100,000 devices with instant agents, every transition durable, against a bare group-commit writer; what its coordinator hears; and the way back of
/// 10,000 devices against their way there.
/// </summary>
internal sealed class RolloutFigure : Figure
{
    private const int Large = 100_000;
    private const int Small = 10_000;

    /// <summary>Moves on the way from Planned to Succeeded, by the table of the state machine, with Gated.</summary>
    private const int Transitions = 14;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    internal override string Name => "rollout";

    internal override string Title => "devices from Eligible to Succeeded with instant agents ÷ (bare group-commit writes ÷ 14); start, coordinator, way back";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        var small = await RunAsync(folder.Sub("small"), Small, goesBack: true);
        Console.WriteLine($"{Small:N0} devices: {small}");
        var bare = await BareAsync(folder, "before");
        var large = await RunAsync(folder.Sub("large"), Large, goesBack: false);
        Console.WriteLine($"{Large:N0} devices: {large}");
        var bareAfter = await BareAsync(folder, "after");
        var limit = (bare + bareAfter) / 2 / Transitions;
        return
        [
            new FigureResult("rollout-start", large.StartSeconds, "s", 5, AtMost: true, [$"{Large:N0} devices: {large.StartSeconds:0.00} s until the first offer"]),
            new FigureResult("rollout-rate", large.PerSecond / limit, "x", 0.15, AtMost: false,
                [$"{large.PerSecond:N0} devices/s ÷ ({bare:N0} and {bareAfter:N0} writes/s ÷ {Transitions}) = {large.PerSecond / limit:0.00}"]),
            new FigureResult("rollout-commits", large.CommitsPerDevice, "", 16, AtMost: true, [$"{large.CommitsPerDevice:0.00} commits of a device's row from assigned to succeeded"]),
            new FigureResult("rollout-growth", large.CpuPerDevice / small.CpuPerDevice, "x", 1.3, AtMost: true,
                [$"CPU per device {large.CpuPerDevice * 1e6:0} µs at {Large:N0}, {small.CpuPerDevice * 1e6:0} µs at {Small:N0}"]),
            new FigureResult("rollout-coordinator", large.MessagesPerSecond, "1/s", 300, AtMost: true, [$"{large.Messages:N0} calls in {large.Seconds:0.0} s"]),
            new FigureResult("rollout-in-flight", large.MostInFlight, "", large.Cap, AtMost: true, [$"at most {large.MostInFlight:N0} at once by the history, cap {large.Cap:N0}; site at most {large.MostOfSite} of {large.SiteCap}"]),
            new FigureResult("rollback", small.BackSeconds / small.Seconds, "x", 2, AtMost: true, [$"{Small:N0} devices: there {small.Seconds:0.0} s, back {small.BackSeconds:0.0} s"]),
        ];
    }

    private static async Task<RolloutRun> RunAsync(string folder, int devices, bool goesBack)
    {
        var calls = new RolloutCalls();
        await using var silo = await BenchSilo.StartAsync(folder, configure: silo =>
        {
            silo.Services.AddSingleton<IIncomingGrainCallFilter>(calls);
            silo.Services.AddSingleton<IReleaseSource>(new BenchReleases());
        });
        var run = new RolloutBench(silo, calls, devices);
        return await run.MeasureAsync(goesBack) with { };
    }

    /// <summary>The rows that the small rollout left behind, each with its update: what a bare writer makes of the same bytes.</summary>
    private static async Task<double> BareAsync(BenchFolder folder, string name)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("small"));
        using var bare = await BareSqliteWriter.OpenAsync(folder.Sub($"bare-{name}"), silo, "r", 1000);
        await bare.RunAsync(Window);
        return await bare.RunAsync(Window);
    }
}
