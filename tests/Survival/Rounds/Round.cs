using System.Diagnostics;

namespace Muster.Survival;

/// <summary>One round: load, a strike, recovery, a look at what stands.</summary>
/// <param name="Number">From 1, of its kind.</param>
internal sealed record RoundPlan(FailureKind Kind, int Number, int Seed, string Commit);

/// <summary>Runs rounds on a fleet that stays.</summary>
internal sealed class RoundRunner(ClusterControl cluster, FleetLoad fleet, Verification verification, GrainCensus census)
{
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(45);

    internal async Task<RoundResult> RunAsync(RoundPlan plan, CancellationToken stop)
    {
        var random = new Random(HashCode(plan));
        var began = TimeProvider.System.GetUtcNow();
        var watch = Stopwatch.StartNew();
        List<string> what = [];
        var recovered = 0.0;
        var places = await census.ReadAsync(stop);
        try
        {
            fleet.ResetFigures();
            fleet.Resume();
            await Task.Delay(random.Next(1500, 5000), stop);
            recovered = await StrikeAsync(plan, random, what.Add, stop);
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            fleet.Context.Faults.Add(fault is LostPatienceException ? fault.Message : fault.ToString());
        }

        // What the fleet saw ends here: what follows is the look at it.
        var result = Result(plan, began, what, places) with { RecoveredSeconds = Math.Round(recovered, 1) };
        await VerifyAsync(random, stop);
        return Judged(result, watch);
    }

    private async Task<double> StrikeAsync(RoundPlan plan, Random random, Action<string> say, CancellationToken stop)
    {
        var struck = Stopwatch.StartNew();
        await plan.Kind.StrikeAsync!(new Strike(cluster, random, say, stop));
        using var agreement = new Agreement(cluster);
        await Patience.UntilAsync("all silos to agree", RecoveryLimit, () => agreement.MissingAsync(stop), stop);
        await Patience.UntilAsync("every device to be connected", RecoveryLimit, () => Patience.Missing(
            fleet.Devices.Count(device => !device.IsConnected), "are not"), stop);
        await fleet.PauseAsync(QuietLimit, stop);
        return struck.Elapsed.TotalSeconds;
    }

    private async Task VerifyAsync(Random random, CancellationToken stop)
    {
        if (fleet.Context.Faults.Count > 0)
        {
            return;
        }

        try
        {
            await fleet.SpreadAsync(random, QuietLimit, stop);
            await census.SpreadAsync(stop);
            await verification.RunAsync(random, stop);
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            fleet.Context.Faults.Add(fault is LostPatienceException ? fault.Message : fault.ToString());
        }
    }

    private RoundResult Judged(RoundResult result, Stopwatch watch) => result with
    {
        Verdict = fleet.Context.Faults.Count == 0 ? RoundResult.Passed : "failed",
        Seconds = Math.Round(watch.Elapsed.TotalSeconds, 1),
        Repeated = verification.Telemetry.Repeated,
        Faults = fleet.Context.Faults.Lines,
    };

    private RoundResult Result(RoundPlan plan, DateTimeOffset began, List<string> what, GrainPlaces places)
    {
        var (wire, load) = (fleet.Context.Wire, fleet.Context.Load);
        var probes = fleet.Probes.Longest.ToLookup(probe => places.IsOn(probe.Key, what), probe => probe.Value);
        return new RoundResult(began, plan.Commit, plan.Seed, plan.Kind.Name, plan.Number, "", string.Join(", ", what), 0)
        {
            Devices = fleet.Devices.Count,
            Lost = Gaps.Of(fleet.Devices.Where(device => device.Outage.Dropped).Select(device => device.Outage.Longest)),
            Kept = Gaps.Of(fleet.Devices.Where(device => !device.Outage.Dropped).Select(device => device.Outage.Longest)),
            StruckGrains = Gaps.Of(probes[true]),
            OtherGrains = Gaps.Of(probes[false]),
            Reports = load.Reports,
            Changes = load.Changes,
            Messages = load.Messages,
            Methods = load.Methods,
            Unanswered = load.Unanswered,
            MethodsUnanswered = load.MethodsUnanswered,
            Handshakes = wire.Handshakes,
            HandshakesFailed = wire.HandshakesFailed,
            Refused = wire.Refused,
            MostAttempts = wire.MostAttempts,
        };
    }

    // The same in every process, unlike HashCode.Combine.
    private static int HashCode(RoundPlan plan) => plan.Kind.Name.Aggregate((plan.Seed * 31) + plan.Number, (hash, letter) => (hash * 31) + letter);
}
