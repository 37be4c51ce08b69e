using System.Diagnostics;
using Muster.Devices;
using Muster.Json;
using Muster.Rollouts;
using Muster.Twins;
using Muster.Updates;

namespace Muster.Survival.Rollouts;

/// <summary>How one round ended.</summary>
internal sealed record RolloutRoundResult(DateTimeOffset At, string Commit, int Seed, int Devices, string Store, string Verdict)
{
    public int Kills { get; init; }

    /// <summary>Gates that were opened, and told of the end.</summary>
    public int Gates { get; init; }

    public double Seconds { get; init; }

    public int MostInFlight { get; init; }

    public int MostOfSite { get; init; }

    public Dictionary<string, int> Ends { get; init; } = [];

    public string[] Faults { get; init; } = [];
}

/// <summary>A fleet, a rollout over all of it, and a hub that is killed until the rollout ends.</summary>
internal sealed class RolloutRound(RolloutSurvivalOptions options, int seed, string folder)
{
    internal const string Rollout = "survive";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMinutes(3);

    private readonly RolloutRoundPlan plan = new(options);
    private readonly Faults faults = new();

    internal async Task<RolloutRoundResult> RunAsync(string commit, CancellationToken stop)
    {
        var (began, watch, random) = (TimeProvider.System.GetUtcNow(), Stopwatch.StartNew(), new Random(seed));
        var fleet = new FirmwareFleet(options.Devices, random, plan.FaultShare, faults);
        var (kills, gates, ends) = (0, 0, new Dictionary<UpdateStatus, int>());
        var audit = new RolloutAudit();
        await using var desk = await GateDesk.StartAsync(options.Bind, seed, plan.BusyShare, stop);
        try
        {
            await using var hub = options.IsCluster
                ? await MortalCluster.StartAsync(folder, options.Bind, Settings, stop)
                : (IMortal)await MortalHub.StartAsync(folder, options.Bind, Settings, stop);
            await PrepareAsync(hub, fleet, desk, stop);
            if (options.Places is { } places && hub is MortalHub mortal)
            {
                KillPlaces.Draw(random).Take(places).ToList().ForEach(mortal.Places.Enqueue);
                await mortal.KillAsync(random, stop);
            }

            using var done = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var devices = fleet.RunAsync(() => hub.Grains, Rollout, done.Token);
            kills = await KillUntilEndAsync(hub, random, stop);
            if (hub is MortalHub { Left: { Count: > 0 } left })
            {
                faults.Add($"The rollout ended before it came to {string.Join(", ", left)}");
            }

            await audit.ReadAsync(hub.Grains!, Rollout, fleet, faults);
            ends = await EndsAsync(hub.Grains!);
            await done.CancelAsync();
            await devices;
            await CheckAsync(hub.Grains!, fleet, audit);
            await Patience.UntilAsync("every close-out call", CloseLimit, () => Patience.Missing(desk.Unclosed.Count, "gates that were opened were not told of the end"), stop);
            gates = desk.Opened;
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            faults.Add(e is LostPatienceException ? e.Message : e.ToString());
        }

        return new RolloutRoundResult(began, commit, seed, options.Devices, options.IsCluster ? "postgres" : "sqlite", faults.Lines.Count == 0 ? "passed" : "failed")
        {
            Kills = kills,
            Gates = gates,
            Seconds = Math.Round(watch.Elapsed.TotalSeconds, 1),
            MostInFlight = audit.MostInFlight,
            MostOfSite = audit.MostOfSite,
            Ends = ends.ToDictionary(static end => end.Key.ToString(), static end => end.Value),
            Faults = [.. faults.Lines.Take(20)],
        };
    }

    internal static string[] Settings =>
        ["Releases:RequireSignature=false", "Updates:GraceAfterStart=00:00:05", "Deadlines:ScanEvery=00:00:00.5", "Rollouts:TickEvery=00:00:00.5", "Gates:AllowPrivateAddresses=true"];

    private async Task PrepareAsync(IMortal hub, FirmwareFleet fleet, GateDesk desk, CancellationToken stop)
    {
        await FirmwareReleases.PublishAsync(hub, stop);
        var grains = hub.Grains!;
        await Parallel.ForEachAsync(fleet.Devices.Values.Select(static (device, i) => (device, i)), new ParallelOptions { MaxDegreeOfParallelism = 128, CancellationToken = stop }, async (one, _) =>
        {
            var device = grains.GetGrain<IDeviceGrain>(one.device.Id);
            await device.CreateAsync(new IdentitySpec(), new TwinChange { Tags = JsonUtf8.Parse($$"""{"site":"s{{one.i % RolloutRoundPlan.Sites}}"}""") });
            await device.PatchReportedAsync(one.device.Information);
        });
        var rollout = grains.GetGrain<IRolloutGrain>(Rollout);
        Must(await rollout.CreateAsync(plan.Spec(desk), "ann"));
        Must(await rollout.SubmitAsync("ann", null));
    }

    /// <summary>Kills, and looks in between whether every member is still counted.</summary>
    private async Task<int> KillUntilEndAsync(IMortal hub, Random random, CancellationToken stop)
    {
        var (kills, watch) = (0, Stopwatch.StartNew());
        while (true)
        {
            var until = watch.Elapsed + TimeSpan.FromSeconds(options.KillEvery.From + (random.NextDouble() * (options.KillEvery.To - options.KillEvery.From)));
            while (options.Places is null ? watch.Elapsed < until : !hub.IsDead)
            {
                if (await LookAsync(hub.Grains))
                {
                    return kills;
                }

                if (watch.Elapsed > Limit)
                {
                    throw new LostPatienceException($"The rollout did not end within {Limit}.");
                }

                await Task.Delay(200, stop);
            }

            await hub.KillAsync(random, stop);
            kills++;
        }
    }

    /// <summary>True once the rollout is final.</summary>
    private async Task<bool> LookAsync(IGrainFactory? grains)
    {
        try
        {
            if (grains is null || await grains.GetGrain<IRolloutGrain>(Rollout).GetAsync().WaitAsync(LookLimit) is not RolloutReply.Found { Rollout: var view })
            {
                return false;
            }

            if (view.Status == RolloutStatus.Approved)
            {
                Must(await grains.GetGrain<IRolloutGrain>(Rollout).StartAsync("olga", null).WaitAsync(LookLimit));
            }

            if (view.Total > 0 && view.Status >= RolloutStatus.Running && view.Counts.Values.Sum() != view.Total)
            {
                faults.Add($"{view.Counts.Values.Sum()} of {view.Total} members are counted: {string.Join(", ", view.Counts.Select(static count => $"{count.Key} {count.Value}"))}");
            }

            if (view.Status is RolloutStatus.Holding or RolloutStatus.Paused)
            {
                throw new LostPatienceException($"The rollout stands still: {view.Because}");
            }

            return view.Status.IsFinal();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<Dictionary<UpdateStatus, int>> EndsAsync(IGrainFactory grains) =>
        await grains.GetGrain<IRolloutGrain>(Rollout).GetAsync() is RolloutReply.Found found ? found.Rollout.Counts.ToDictionary(static count => count.Key, static count => count.Value) : [];

    private async Task CheckAsync(IGrainFactory grains, FirmwareFleet fleet, RolloutAudit audit)
    {
        audit.CheckLimits(plan.Cap, plan.SiteCap, faults);
        string? after = null;
        var seen = 0;
        do
        {
            var page = await grains.GetGrain<IRolloutGrain>(Rollout).ListMembersAsync(null, after, 1000);
            foreach (var member in page)
            {
                var device = fleet.Devices[member.DeviceId];
                var expected = FirmwareFaults.EndOf(device.Fault);
                if (member.Status != expected)
                {
                    faults.Add($"{member.DeviceId} ({device.Fault}) ended {member.Status} ({member.Reason}), not {expected}: {audit.StoryOf(member.DeviceId)}");
                }
            }

            (seen, after) = (seen + page.Length, page.Length == 1000 ? page[^1].DeviceId : null);
        }
        while (after is not null);
        if (seen != fleet.Devices.Count)
        {
            faults.Add($"{seen} of {fleet.Devices.Count} devices are members");
        }
    }

    private static void Must(RolloutReply reply)
    {
        if (reply is RolloutReply.Refused refused)
        {
            throw new InvalidOperationException(refused.Why.Message);
        }
    }
}
