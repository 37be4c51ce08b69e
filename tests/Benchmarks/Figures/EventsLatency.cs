using System.Globalization;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>
/// How long an event takes from its device to its reader: 1,000 MQTT devices (plain TCP), 10,000 events a second offered whatever the hub does, 32
/// receivers of an AMQPNetLite client over TLS, each other run with an owner level; the pump runs as in the product. An event's time begins when it was
/// to be sent. The figure fails if an event is lost, comes twice, or comes behind one that its device sent later.
/// </summary>
internal sealed class EventsLatency : Figure
{
    private const int Devices = 1000;
    private const double Rate = 10_000;
    private const int Runs = 3;
    private const double Seconds = 8;

    internal override string Name => "events-latency";

    internal override string Title => "p99 from a device's publish to the event at an AMQPNetLite reader, 10,000 events/s offered";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"), pump: true);
        await silo.RegisterAsync("e", Devices, DeviceContent.Nothing);
        // Tiered compilation takes some seconds of load to settle.
        await RunAsync(silo, epoch: null);
        var (values, runs) = (new List<double>(), new List<string>());
        for (var run = 0; run < Runs; run++)
        {
            var (value, text) = await RunAsync(silo, epoch: run % 2 == 0 ? null : run);
            values.Add(value);
            runs.Add(text);
        }

        return [new FigureResult(Name, FigureResult.Median(values), "ms", 250, AtMost: true, runs)];
    }

    private static async Task<(double P99, string Text)> RunAsync(BenchSilo silo, long? epoch)
    {
        using var tail = await LoadProcess.StartAsync(silo.AmqpOrder("events-tail", "", 0) with { Epoch = epoch });
        using var devices = await LoadProcess.StartAsync(silo.Order("events", "e", Devices, 0, Seconds) with { Rate = Rate });
        var cpu = Environment.CpuUsage.TotalTime;
        await tail.GoAsync();
        await devices.GoAsync();
        var sent = await devices.ReportAsync();
        await tail.TellAsync(sent.Total.ToString(CultureInfo.InvariantCulture));
        var got = await tail.ReportAsync();
        var hub = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        var load = sent.CpuSeconds + got.CpuSeconds;
        if (got.Failed > 0 || got.Reordered > 0 || sent.Failed > 0)
        {
            throw new InvalidOperationException(
                $"Of {sent.Total:N0} events {sent.Failed:N0} were not acknowledged, {got.Failed:N0} were lost, {got.Reordered:N0} came twice or out of order.");
        }

        return (got.P99, $"p50 {got.P50:0.0}, p99 {got.P99:0.0}, max {got.Max:0.0} ms ({Rate:N0}/s offered, {sent.Rate:N0}/s sent, {got.Count:N0} received: 0 lost, "
            + $"0 reordered; {(epoch is null ? "no owner level" : "owner level")}; pump {silo.PumpLag:N0} events behind; load and reader {load / (load + hub):P0} of the CPU)");
    }
}
