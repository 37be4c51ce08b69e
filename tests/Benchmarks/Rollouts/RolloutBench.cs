using System.Diagnostics;
using Muster.Benchmarks.Server;
using Muster.Devices;
using Muster.Json;
using Muster.Rollouts;
using Muster.Storage.Sqlite;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Benchmarks.Rollouts;

/// <summary>One fleet, registered with the facts that a rollout needs, and one rollout over all of it.</summary>
internal sealed class RolloutBench(BenchSilo silo, RolloutCalls calls, int devices)
{
    private const string Id = "bench";
    private const int Sites = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Room for every agent that works, and some that wait.</summary>
    private int Cap => Math.Min(devices, 2000);

    private int SiteCap => Math.Max(1, Cap / Sites * 2);

    internal async Task<RolloutRun> MeasureAsync(bool goesBack)
    {
        await RegisterAsync();
        var agents = new InstantAgents(silo.Grains);
        calls.Agents = agents;
        using var stop = new CancellationTokenSource();
        var running = agents.RunAsync(stop.Token);
        try
        {
            var least = Scalar("min(version)");
            var before = Versions(least);
            calls.Reset();
            using var process = Process.GetCurrentProcess();
            var (cpu, began) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
            await MustAsync(Rollout.CreateAsync(Spec(), "ann"));
            await MustAsync(Rollout.SubmitAsync("ann", null));
            var started = Stopwatch.GetTimestamp();
            await MustAsync(Rollout.StartAsync("olga", null));
            await UntilAsync(running, RolloutStatus.Completed);
            process.Refresh();
            var run = new RolloutRun(
                devices, Stopwatch.GetElapsedTime(started, calls.FirstOffer).TotalSeconds, Stopwatch.GetElapsedTime(began).TotalSeconds,
                (process.TotalProcessorTime - cpu).TotalSeconds, calls.Messages, (Versions(least) - before) / (double)devices);
            var (most, mostOfSite) = RolloutAudit.MostInFlight(silo.StoreFolder, Id);
            run = run with { Cap = Cap, SiteCap = SiteCap, MostInFlight = most, MostOfSite = mostOfSite };
            return goesBack ? run with { BackSeconds = await GoBackAsync(running) } : run;
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private IRolloutGrain Rollout => silo.Grains.GetGrain<IRolloutGrain>(Id);

    private async Task<double> GoBackAsync(Task running)
    {
        var began = Stopwatch.GetTimestamp();
        await MustAsync(Rollout.RollBackAsync("olga", "Bench", null));
        await UntilAsync(running, RolloutStatus.RolledBack);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private async Task RegisterAsync()
    {
        await silo.ForEachAsync("r", devices, async (device, i) =>
        {
            var tags = JsonUtf8.Parse($$"""{"site":"s{{i % Sites}}"}""");
            if (await device.CreateAsync(new IdentitySpec(), new TwinChange { Tags = tags }) is IdentityReply.Refused refused) { throw new InvalidOperationException(refused.Why.Message); }
            await device.PatchReportedAsync(InstantAgents.Information("1.0.0"));
        });
    }

    private RolloutSpec Spec() => new()
    {
        Name = "Bench",
        Release = BenchReleases.After,
        Target = new RolloutTarget { Condition = "" },
        Groups = [new GroupSpec { Name = "canary", Percent = 1 }, new GroupSpec { Name = "rest" }],
        MaxInFlight = Cap,
        Budget = new DisruptionBudget { Tag = "site", MaxUnavailable = SiteCap },
        Halts = [new HaltRule { Kind = HaltKind.FailedPercent, Limit = 5 }],
    };

    private async Task UntilAsync(Task agents, RolloutStatus status)
    {
        for (var since = Stopwatch.GetTimestamp(); ; await Task.Delay(250))
        {
            if (agents.IsFaulted) { await agents; }
            var view = await ViewAsync();
            if (view.Status == status) { return; }
            if (Stopwatch.GetElapsedTime(since) > Patience || view.Status.IsFinal())
            {
                throw new TimeoutException($"The rollout is {view.Status} ({view.Because}), not {status}: {string.Join(", ", view.Counts.Select(static count => $"{count.Key} {count.Value}"))}");
            }
        }
    }

    private async Task<RolloutView> ViewAsync() => await Rollout.GetAsync() is RolloutReply.Found found ? found.Rollout : throw new InvalidOperationException("There is no such rollout.");

    private static async Task MustAsync(Task<RolloutReply> reply)
    {
        if (await reply is RolloutReply.Refused refused) { throw new InvalidOperationException(refused.Why.Message); }
    }

    /// <summary>Of all rows together, above <paramref name="least"/> each: what it grows by is how often they were committed.</summary>
    private long Versions(long least) => Scalar($"sum(version - {least})");

    private long Scalar(string expression)
    {
        using var database = SqliteFile.OpenForReading(Path.Combine(silo.StoreFolder, SqliteFile.Name));
        return database.Scalar($"SELECT {expression} FROM {Schema.DeviceTable}") ?? 0;
    }
}
