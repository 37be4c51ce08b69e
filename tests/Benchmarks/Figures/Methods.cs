using System.Diagnostics;
using System.Net;
using System.Text;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Server;
using Muster.Devices;
using Muster.Json;
using Muster.Methods;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// Direct methods to connected devices, 100 outstanding, called where the API calls them (its HTTP port excluded), against the same request and
/// response through mosquitto; and at ten times the devices against itself.
/// </summary>
internal sealed class Methods : Figure
{
    private const int Few = 1000;
    private const int Many = 9_500;
    private const int Outstanding = 100;
    private const int Runs = 5;
    private const double Seconds = 3;

    internal override string Name => "methods";

    internal override string Title => "direct methods to 1,000 devices ÷ the same through mosquitto; at 10,000 ÷ at 1,000";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        using var mosquitto = await Mosquitto.StartAsync(folder.Root, IPAddress.Parse(BenchSilo.Address), 1885);
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("m", Many, DeviceContent.Nothing);
        await silo.RegisterAsync("f", Few, DeviceContent.Nothing);
        using var few = await LoadProcess.StartAsync(silo.Order("methods", "f", Few, 0, 0));
        await few.GoAsync();
        // Tiered compilation takes some seconds of load to settle.
        await CallAsync(silo, "f", Few, 3 * Seconds);

        var (againstPeer, runs) = (new List<double>(), new List<string>());
        var fewRates = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var ours = await CallAsync(silo, "f", Few, Seconds);
            var share = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / (Seconds * Environment.ProcessorCount);
            var peer = await BrokerAsync(mosquitto);
            fewRates.Add(ours);
            againstPeer.Add(ours / peer);
            runs.Add($"{ours:N0}/s (hub and caller {share:P0} of the CPU) ÷ {peer:N0}/s = {ours / peer:0.00}");
        }

        var (growth, growthRuns) = await GrowAsync(silo);
        return
        [
            new FigureResult(Name, FigureResult.Median(againstPeer), "x", 1.0, AtMost: false, runs),
            new FigureResult(Name + "-10k", FigureResult.Median(growth), "x", 0.7, AtMost: false, growthRuns),
        ];
    }

    private static async Task<(List<double> Ratios, List<string> Runs)> GrowAsync(BenchSilo silo)
    {
        using var many = await LoadProcess.StartAsync(silo.Order("methods", "m", Many, 0, 0));
        await many.GoAsync();
        await CallAsync(silo, "m", Many, Seconds);
        var (ratios, runs) = (new List<double>(), new List<string>());
        for (var run = 0; run < Runs; run++)
        {
            var small = await CallAsync(silo, "f", Few, Seconds);
            var large = await CallAsync(silo, "m", Many, Seconds);
            ratios.Add(large / small);
            runs.Add($"{large:N0}/s over {Many:N0} devices ÷ {small:N0}/s over {Few:N0} = {large / small:0.00}");
        }

        return (ratios, runs);
    }

    private static async Task<double> CallAsync(BenchSilo silo, string prefix, int devices, double seconds)
    {
        var call = new MethodCall { Name = "echo", Payload = new JsonUtf8(Encoding.UTF8.GetBytes($"\"{new string('x', 198)}\"")) };
        var (next, count) = (-1, 0L);
        var began = Stopwatch.GetTimestamp();
        var until = began + (long)(seconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, Outstanding).Select(async _ =>
        {
            await Task.Yield();
            while (Stopwatch.GetTimestamp() < until)
            {
                var device = silo.Grains.GetGrain<IDeviceGrain>($"{prefix}{Interlocked.Increment(ref next) % devices:D5}");
                var reply = await device.InvokeMethodAsync(call);
                if (reply is not MethodReply.Answered) { throw new InvalidOperationException($"{reply}"); }
                Interlocked.Increment(ref count);
            }
        }));
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<double> BrokerAsync(Mosquitto mosquitto)
    {
        using var load = await LoadProcess.StartAsync(
            new LoadOrder("broker", BenchSilo.Address, mosquitto.EndPoint.Port, null, "f", Few, Outstanding, Seconds));
        await load.GoAsync();
        return (await load.ReportAsync()).Rate;
    }
}
