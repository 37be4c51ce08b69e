using System.Net;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;

namespace Muster.Benchmarks.Server;

/// <summary>A hub whose log is full of events, and beside it the bare sender of the same messages.</summary>
internal sealed class EventSides : IAsyncDisposable
{
    /// <summary>More than any reader takes in a window.</summary>
    private const int Devices = 3200;
    private const int Rounds = 300;
    private const int BarePerPartition = 2000;
    private const int BarePort = 5673;
    private const int Runs = 5;
    private readonly BareEventSender bare;

    private EventSides(BenchSilo hub, BareEventSender bare) => (Hub, this.bare) = (hub, bare);

    internal BenchSilo Hub { get; }

    internal static IPEndPoint Bare { get; } = new(IPAddress.Parse(BenchSilo.Address), BarePort);

    internal static async Task<EventSides> StartAsync(string folder)
    {
        var hub = await BenchSilo.StartAsync(folder);
        await EventFill.AppendAsync(hub.Log, "e", Devices, Rounds);
        return new EventSides(hub, BareEventSender.Start(Bare, hub.ServerCertificate, await EventFill.EncodeAsync(hub.Log, BarePerPartition)));
    }

    /// <summary>Windows of the two in turn, after one of each that is not counted.</summary>
    internal async Task<FigureResult> CompareAsync(string name, double bar, Func<Task<LoadReport>> hub, Func<Task<LoadReport>> bare)
    {
        await hub();
        await bare();
        var (ratios, runs) = (new List<double>(), new List<string>());
        for (var run = 0; run < Runs; run++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var ours = await hub();
            var share = ours.CpuSeconds / (ours.CpuSeconds + (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
            if (ours.Total > 0.95 * Devices * Rounds) { throw new InvalidOperationException($"The log of {Devices * Rounds:N0} events is too short: {ours.Total:N0} were read."); }
            var peer = await bare();
            ratios.Add(ours.Rate / peer.Rate);
            runs.Add($"{ours.Rate:N0}/s (reader about {share:P0} of the CPU) ÷ {peer.Rate:N0}/s = {ours.Rate / peer.Rate:0.00}");
        }

        return new FigureResult(name, FigureResult.Median(ratios), "x", bar, AtMost: false, runs);
    }

    public async ValueTask DisposeAsync()
    {
        bare.Dispose();
        await Hub.DisposeAsync();
    }
}
