using System.Globalization;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Server;
using Muster.Devices;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// Messages of a back office (AMQP over TLS, AMQPNetLite) to 1,000 connected MQTT devices, which acknowledge them, completed when their feedback is back at
/// the office: against the durable twin updates of the same process. What is written for one is counted: device rows, and the batches in which the feedback
/// queue stores and settles records.
/// </summary>
internal sealed class CloudToDevice : Figure
{
    private const int Devices = 1000;
    private const int InFlight = 2;
    private const int Runs = 5;
    private const double Seconds = 3;
    private const string Commits = "muster.device.commits";

    internal override string Name => "c2d";

    internal override string Title => "messages to 1,000 devices until their feedback is back ÷ durable twin updates; durable writes per message";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        var queue = new QueueWrites();
        using var meters = new Meters(Commits);
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"), configure: queue.Watch);
        await silo.RegisterAsync("t", Devices, DeviceContent.Twin | DeviceContent.Tags);
        await silo.RegisterAsync("c", Devices, DeviceContent.Nothing);
        var twins = Enumerable.Range(0, Devices).Select(i => silo.Grains.GetGrain<IDeviceGrain>($"t{i:D5}")).ToArray();
        using var devices = await LoadProcess.StartAsync(silo.Order("messages", "c", Devices, 0, 0));
        using var office = await LoadProcess.StartAsync(silo.AmqpOrder("office", "c", Seconds) with { Connections = Devices, InFlight = InFlight });

        // Both are warm before the first counted window.
        await TwinUpdates.RunAsync(twins, TimeSpan.FromSeconds(2 * Seconds));
        await WindowAsync(office);
        await WindowAsync(office);
        var (ratios, writes, runs, counts) = (new List<double>(), new List<double>(), new List<string>(), new List<string>());
        for (var run = 0; run < Runs; run++)
        {
            var before = (Rows: meters[Commits], queue.Appends, queue.Settles, Cpu: Environment.CpuUsage.TotalTime);
            var ours = await WindowAsync(office);
            var (rows, appends, settles) = (meters[Commits] - before.Rows, queue.Appends - before.Appends, queue.Settles - before.Settles);
            var share = (Environment.CpuUsage.TotalTime - before.Cpu).TotalSeconds / (1.25 * Seconds * Environment.ProcessorCount);
            var twin = await TwinUpdates.RunAsync(twins, TimeSpan.FromSeconds(Seconds));
            ratios.Add(ours.Rate / twin);
            runs.Add($"{ours.Rate:N0}/s (p50 {ours.P50:0}, p99 {ours.P99:0} ms, hub {share:P0} of the CPU) ÷ {twin:N0}/s = {ours.Rate / twin:0.00}");
            writes.Add((double)(rows + appends + settles) / ours.Total);
            counts.Add(string.Create(CultureInfo.InvariantCulture,
                $"{writes[^1]:0.00} = ({rows} device rows + {appends} batches of feedback stored + {settles} settled) / {ours.Total} messages"));
        }

        return
        [
            new FigureResult(Name, FigureResult.Median(ratios), "x", 0.15, AtMost: false, runs),
            new FigureResult(Name + "-writes", FigureResult.Median(writes), "writes", 3, AtMost: true, counts),
        ];
    }

    private static async Task<LoadReport> WindowAsync(LoadProcess office)
    {
        await office.GoAsync();
        var report = await office.ReportAsync();
        return report.Failed == 0 ? report : throw new InvalidOperationException($"{report.Failed} messages were refused, or their feedback did not come.");
    }
}
