using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Muster.Benchmarks.Load;
using Muster.Benchmarks.Peers;
using Muster.Benchmarks.Server;
using Muster.Releases;

namespace Muster.Benchmarks.Figures;

/// <summary>One file of 100 MB to 100 TLS clients at once, every block of it verified, against nginx with the same file and certificate.</summary>
internal sealed class ArtifactDownload : Figure
{
    private const int Clients = 100;
    private const int FileBytes = 100_000_000;
    private const int Runs = 3;
    private const int PeerPort = 8444;

    internal override string Name => "artifact-download";

    internal override string Title => "100 TLS clients download one artifact of 100 MB, blocks verified ÷ nginx with the same file";

    internal override async Task<IReadOnlyList<FigureResult>> MeasureAsync(BenchFolder folder)
    {
        var content = folder.Sub("content");
        var file = Path.Combine(content, "artifact.bin");
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(FileBytes));
        await using var silo = await BenchSilo.StartAsync(
            folder.Sub("hub"), configure: host => host.Services.Configure<ReleaseOptions>(releases => releases.RequireSignature = false));
        using var nginx = await Nginx.StartAsync(folder.Sub("nginx"), content, silo.StoreFolder, new IPEndPoint(IPAddress.Parse(BenchSilo.Address), PeerPort));
        var (ours, peers) = (await silo.PublishAsync(file), $"https://{nginx.EndPoint}/artifact.bin");
        var (ratios, runs) = (new List<double>(), new List<string>());
        for (var run = -1; run < Runs; run++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var rate = await ParallelDownloads.MeasureAsync(folder.Root, ours, Clients, FileBytes);
            var seconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
            var peer = await ParallelDownloads.MeasureAsync(folder.Root, peers, Clients, FileBytes);
            if (run < 0) { continue; }
            ratios.Add(rate / peer);
            runs.Add($"{rate / 1e6:N0} MB/s ({seconds:0.0} s of CPU) ÷ {peer / 1e6:N0} MB/s = {rate / peer:0.00}");
        }

        return [new FigureResult(Name, FigureResult.Median(ratios), "x", 0.5, AtMost: false, runs)];
    }
}
