using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Server;

namespace Muster.Benchmarks.Figures;

/// <summary>TLS connects with SAS and CONNECT until CONNACK, ECDSA P-256, no resumption, against bare handshakes of the same server stack.</summary>
internal sealed class TlsConnects : Figure
{
    private const int Devices = 2_000;
    private const int Runs = 5;
    private const double Seconds = 3;

    internal override string Name => "tls-connects";

    internal override string Title => "TLS connects with SAS and CONNECT, ECDSA ÷ bare Kestrel handshakes";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        await using var silo = await BenchSilo.StartAsync(folder.Sub("hub"));
        await silo.RegisterAsync("c", Devices, DeviceContent.Nothing);
        await using var bare = await BareKestrel.StartAsync(silo.ServerCertificate);
        var (ratios, runs) = (new List<double>(), new List<string>());
        for (var run = -1; run < Runs; run++)
        {
            var ours = await WindowAsync(silo.TlsOrder("connects", "c", Devices) with { Seconds = Seconds });
            var peer = await WindowAsync(silo.TlsOrder("handshakes", "c", Devices) with { Seconds = Seconds, Port = bare.Port });
            if (run < 0) { continue; }
            ratios.Add(ours.Rate / peer.Rate);
            runs.Add($"{ours.Rate:N0}/s ÷ {peer.Rate:N0}/s = {ours.Rate / peer.Rate:0.00}");
        }

        return [new FigureResult(Name, FigureResult.Median(ratios), "x", 0.6, AtMost: false, runs)];
    }

    private static async Task<LoadReport> WindowAsync(LoadOrder order)
    {
        using var load = await LoadProcess.StartAsync(order);
        await load.GoAsync();
        return await load.ReportAsync();
    }
}
