using System.Diagnostics;
using System.Net;
using Muster.Benchmarks.Scale.Load;
using Muster.Benchmarks.Scale.Servers;
using Muster.Placement;
using Muster.Telemetry;

namespace Muster.Benchmarks.Scale.Figures;

/// <summary>
/// Three silos with many hot devices: one is killed, one freezes for 20 s, two of three are killed, a fourth joins. Callers are back offices
/// that ask the service API of the silos that live, reads and one durable write in ten; what Muster retries inside is not seen, what it gives up is a failure.
/// </summary>
internal sealed class Failover : ScaleFigure
{
    private const int Rate = 1000;
    private const int Healthy = 3000;
    private const int Victims = 1000;
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Balancing = TimeSpan.FromSeconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    internal override string Name => "failover";

    internal override string Title => "pauses and failed requests when silos are killed, freeze and join, 100,000 hot devices on three";

    internal override async Task MeasureAsync(ScaleRun run)
    {
        var devices = run.Size(100_000, 4_000);
        await using var cluster = await ScaleCluster.StartAsync(run, block: 0, silos: 3);
        await FleetRows.FillAsync(cluster, devices);
        using var api = cluster.Api();
        var fleet = new Fleet(run, cluster, api, devices, new TwinLoad(cluster.Grains, Enumerable.Range(0, devices).Select(FleetRows.Id), 500));
        await fleet.Touch.TouchAllAsync(1000);
        await WarmAsync(fleet);

        await EventAsync(fleet, "kill", [2], 6, node => { node.Kill(); return Task.CompletedTask; });
        await EventAsync(fleet, "frozen-20-s", [3], 15, async node =>
        {
            node.Freeze();
            await Task.Delay(Frozen);
            node.Thaw();
            await node.EndedAsync(TimeSpan.FromSeconds(20));
        });
        await EventAsync(fleet, "two-of-three-killed", [2, 3], 30, node => { node.Kill(); return Task.CompletedTask; });
        await JoinAsync(fleet);
    }

    private static async Task WarmAsync(Fleet fleet)
    {
        var load = fleet.Call([.. Enumerable.Range(0, fleet.Devices).Select(FleetRows.Id)], fleet.Cluster.Nodes);
        await Task.Delay(fleet.Run.Seconds(30, 2));
        await load.StopAsync();
    }

    private static async Task EventAsync(Fleet fleet, string name, int[] victims, double bar, Func<SiloNode, Task> strike)
    {
        var nodes = fleet.Cluster.Nodes.Where(node => victims.Contains(int.Parse(node.Name[5..]))).ToArray();
        SiloNode[] living = [.. fleet.Cluster.Nodes.Except(nodes)];
        var step = Math.Max(1, fleet.Devices / (3 * Healthy));
        var map = await FleetMap.LocateAsync(fleet.Cluster.Grains, [.. Enumerable.Range(0, fleet.Devices / step).Select(i => FleetRows.Id(i * step))]);
        string[] healthy = [.. living.SelectMany(node => map[node.Address]).Take(Healthy)];
        string[] theirs = [.. nodes.SelectMany(node => map[node.Address]).Take(Victims)];

        var load = fleet.Call(healthy, living);
        await Task.Delay(fleet.Run.Seconds(5, 2));
        var struck = Stopwatch.GetTimestamp();
        var strikes = Task.WhenAll(nodes.Select(strike));
        var answered = await Task.WhenAll(theirs.Select(device => FirstAnswerAsync(fleet, device, living, struck)));
        await strikes;
        await Task.Delay(fleet.Run.Seconds(3, 1));
        var ended = Stopwatch.GetTimestamp();
        await load.StopAsync();

        var calls = load.Between(struck, ended);
        var before = load.Between(0, struck);
        var failed = calls.Where(call => call.Error is not null).GroupBy(call => call.Error).Select(g => $"{g.Count()} × {g.Key}").ToArray();
        ScaleRun.Report(new FigureResult($"{name}-victims-answer", answered.Max(), "s", bar, AtMost: true,
            [$"{theirs.Length:N0} devices of the silos that went, first answer after {FigureResult.Median(answered):0.0} s (median), {answered.Max():0.0} s (last)"]));
        ScaleRun.Report(new FigureResult($"{name}-healthy-failed", calls.Count(call => call.Error is not null), "requests", name == "kill" ? 0 : null, AtMost: true,
            [$"of {calls.Count:N0} to {healthy.Length:N0} devices of the silos that stayed{(failed.Length > 0 ? ": " + string.Join(", ", failed) : "")}"]));
        ScaleRun.Report(new FigureResult($"{name}-healthy-pause", PacedLoad.Percentile(calls, 1) / 1000, "s", name == "kill" ? 1 : null, AtMost: true,
            [$"longest; p50 {PacedLoad.Percentile(calls, 0.5):0.0}, p99 {PacedLoad.Percentile(calls, 0.99):0} ms; before: p50 {PacedLoad.Percentile(before, 0.5):0.0}, p99 {PacedLoad.Percentile(before, 0.99):0} ms"]));
        await RestoreAsync(fleet, victims);
    }

    /// <summary>Seconds from <paramref name="struck"/> until the device is answered for, asking again half a second after each failure.</summary>
    private static async Task<double> FirstAnswerAsync(Fleet fleet, string device, SiloNode[] living, long struck)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(500)));
        while (Stopwatch.GetElapsedTime(struck) < Patience)
        {
            try
            {
                if (await fleet.Api.GetTwinAsync(living[Random.Shared.Next(living.Length)].Address, device) == HttpStatusCode.OK) { break; }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // Asked again below, as a caller of the API would.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(400, 600)));
        }

        return Stopwatch.GetElapsedTime(struck).TotalSeconds;
    }

    private static async Task RestoreAsync(Fleet fleet, int[] victims)
    {
        foreach (var number in victims) { await fleet.Cluster.AddSiloAsync(number); }
        await fleet.Cluster.UntilActiveAsync(3);
        await fleet.Touch.TouchAllAsync(1000);
    }

    private static async Task JoinAsync(Fleet fleet)
    {
        string[] everyone = [.. Enumerable.Range(0, fleet.Devices).Select(FleetRows.Id)];
        SiloNode[] three = [.. fleet.Cluster.Nodes];
        await BalancedAsync(fleet, three);
        var load = fleet.Call(everyone, three);
        var began = Stopwatch.GetTimestamp();
        await Task.Delay(fleet.Run.Seconds(15, 3));
        var joined = Stopwatch.GetTimestamp();
        var fourth = await fleet.Cluster.AddSiloAsync(4);
        var done = await BalancedAsync(fleet, [.. three, fourth]);
        var ended = Stopwatch.GetTimestamp();
        await load.StopAsync();

        var (before, meanwhile) = (load.Between(began, joined), load.Between(joined, ended));
        var seconds = (ended - joined) / (double)Stopwatch.Frequency;
        var counts = await FleetMap.CountAsync(fleet.Cluster.Grains);
        ScaleRun.Report(new FigureResult("join-rebalanced", seconds, "s", 180, AtMost: true,
            [$"{(done ? "done" : "not done")}: {counts.GetValueOrDefault(fourth.Address):N0} of {fleet.Devices:N0} devices on the silo that joined"]));
        var (was, now) = (PacedLoad.Percentile(before, 0.99), PacedLoad.Percentile(meanwhile, 0.99));
        ScaleRun.Report(new FigureResult("join-p99", now / was, "x", 5, AtMost: true,
            [$"{now:0.0} ms ÷ {was:0.0} ms; longest {PacedLoad.Percentile(meanwhile, 1):0} ms; {meanwhile.Count(call => call.Error is not null)} of {meanwhile.Count:N0} failed"]));
    }

    /// <summary>Waits until every silo has what the map gives it, but for one device in a hundred; false if that takes too long.</summary>
    private static async Task<bool> BalancedAsync(Fleet fleet, SiloNode[] nodes)
    {
        string[] names = [.. nodes.Select(node => node.Name)];
        var owed = Enumerable.Range(0, fleet.Devices).CountBy(i => PartitionMap.OwnerOf(PartitionHash.VirtualPartition(FleetRows.Id(i)), names)).ToDictionary();
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Balancing;)
        {
            var counts = await FleetMap.CountAsync(fleet.Cluster.Grains);
            if (nodes.Index().All(node => counts.GetValueOrDefault(node.Item.Address) >= 0.99 * owed.GetValueOrDefault(node.Index))) { return true; }
            await Task.Delay(1000);
        }

        return false;
    }

    private sealed record Fleet(ScaleRun Run, ScaleCluster Cluster, HubApi Api, int Devices, TwinLoad Touch)
    {
        /// <summary>Reads of the devices in turn, and one durable write in ten, over the silos in turn.</summary>
        internal PacedLoad Call(string[] devices, IReadOnlyList<SiloNode> silos) => new(Rate, async number =>
        {
            var (device, silo) = (devices[number * 7919 % devices.Length], silos[(int)(number % silos.Count)].Address);
            var status = number % 10 == 0 ? await Api.PatchTwinAsync(silo, device, number) : await Api.GetTwinAsync(silo, device);
            return (int)status is >= 200 and < 300 ? null : $"{(int)status}";
        });
    }
}
