using System.Security.Cryptography.X509Certificates;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Scale.Load;
using Muster.Benchmarks.Scale.Servers;

namespace Muster.Benchmarks.Scale.Figures;

/// <summary>
/// Thousands of devices over TLS behind the balancer of <c>./cluster</c>; a silo is killed, and its devices come back all at once, to the silos that
/// stayed. Against full handshakes of the same TLS stack with nothing behind it, before and after in the same run.
/// </summary>
internal sealed class ConnectStorm : ScaleFigure
{
    private const string Prefix = "s";

    internal override string Name => "connect-storm";

    internal override string Title => "8,000 TLS devices through the balancer, back after a silo dies ÷ bare TLS handshakes";

    internal override async Task MeasureAsync(ScaleRun run)
    {
        var devices = run.Size(8_000, 600);
        await using var cluster = await LocalTopology.StartAsync(run.Folder.Sub("cluster"), silos: 3);
        using (var api = HubApi.Open(cluster.ConnectionFile)) { await api.RegisterAsync(LocalTopology.Address, 443, Prefix, devices); }

        using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(cluster.Secrets, "server.pem"), Path.Combine(cluster.Secrets, "server.key"));
        await using var bare = await BareKestrel.StartAsync(certificate);
        await HandshakesAsync(run, bare); // Warms up.
        var before = await HandshakesAsync(run, bare);
        using var storm = StormProcess.Start(new StormOrder(LocalTopology.Address, LocalTopology.MqttPort, LocalTopology.Address, Prefix, devices));
        var serving = new CpuWatch([.. cluster.Pids().Where(node => node.Key != "postgres").Select(node => node.Value)], cluster.Pids()["postgres"]);
        var first = await storm.AllBackAsync(lost: 0);
        var connecting = serving.Read();
        ScaleRun.Say($"{first.Back:N0} devices connected in {first.LastBack:0.0} s");
        await Task.Delay(run.Seconds(5, 2));

        await storm.AllBackAsync(lost: 0);
        cluster.Kill("silo-2");
        // A third of them, give or take what the balancer did; how many it was is in the report.
        var back = await storm.AllBackAsync(lost: devices / 6);
        var after = await HandshakesAsync(run, bare);

        Report("connect-cpu", connecting.Silos / first.Back * 1e6, "µs", null, atMost: true,
            $"silos and balancer per connect of {first.Back:N0}, and PostgreSQL {connecting.Postgres / first.Back * 1e6:0} µs");
        var handshakes = FigureResult.Median([before, after]);
        Report("storm-back-rate", back.Back / (back.LastBack - back.FirstLost) / handshakes, "x", 0.6, atMost: false,
            $"{back.Back:N0} devices in {back.LastBack - back.FirstLost:0.0} s, the silo's death and its eviction included = {back.Back / (back.LastBack - back.FirstLost):N0}/s ÷ {handshakes:N0}/s ({before:N0}, {after:N0})");
        Report("storm-missing", back.Lost - back.Back, "devices", 0, atMost: true, $"{back.Lost:N0} lost their silo, {back.Back:N0} came back");
        Report("storm-retries", back.MostRetries, "retries", 2, atMost: true,
            $"of the unluckiest device; {back.Failures:N0} failed handshakes or CONNECTs {string.Join(", ", back.Errors.Select(e => $"{e.Value} × {e.Key}"))}");
        Report("storm-first-rate", first.Back / first.LastBack / handshakes, "x", null, atMost: false,
            $"{first.Back:N0} devices, 128 at a time, on three silos: {first.Back / first.LastBack:N0}/s; {first.Failures:N0} failed, most retries {first.MostRetries}");
    }

    private static void Report(string name, double value, string unit, double? bar, bool atMost, string text) =>
        ScaleRun.Report(new FigureResult(name, value, unit, bar, atMost, [text]));

    private static async Task<double> HandshakesAsync(ScaleRun run, BareKestrel bare)
    {
        var order = new LoadOrder("handshakes", Server.BenchSilo.Address, bare.Port, null, Prefix, 1, 0, run.Seconds(4, 1).TotalSeconds);
        using var load = await LoadProcess.StartAsync(order);
        await load.GoAsync();
        return (await load.ReportAsync()).Rate;
    }
}
